/* Contract: an address without MAP_FIXED is used, rounded down to its page, if the range is
 * free there; if any page of it is taken, the mapping goes elsewhere and what was there
 * stays. So it does when the hint lies beyond user space.
 * Source: mmap(2); mm/mmap.c:generic_get_unmapped_area_topdown, round_hint_to_min. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

static char *arena;

static void hint(const char *name, char *wanted, long length)
{
    char *result = mmap(wanted, length, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(result != MAP_FAILED, name);
    long offset = result - arena;
    if (offset >= 0 && offset < 16 * PAGE)
        step(name, "+%ld", offset);
    else
        step(name, "elsewhere, aligned: %s", (long)result % PAGE ? "no" : "yes");
    step_vmas("  maps", arena, 16 * PAGE);
    expect(munmap(result, length) == 0, "munmap");
}

int main(void)
{
    int both = PROT_READ | PROT_WRITE, kind = MAP_PRIVATE | MAP_ANONYMOUS;
    /* Find other room for what goes elsewhere, so that it cannot land in the arena. */
    char *elsewhere = mmap(NULL, 64 * PAGE, PROT_NONE, kind, -1, 0);
    arena = mmap(NULL, 18 * PAGE, both, kind, -1, 0);
    expect(elsewhere != MAP_FAILED && arena != MAP_FAILED, "mmap");
    arena += PAGE;
    expect(munmap(elsewhere, 64 * PAGE) == 0, "munmap");
    expect(munmap(arena + 4 * PAGE, 8 * PAGE) == 0, "munmap");
    arena[3 * PAGE] = 'a';
    step_vmas("maps", arena, 16 * PAGE);
    hint("free", arena + 6 * PAGE, PAGE);
    hint("free, all of it", arena + 4 * PAGE, 8 * PAGE);
    hint("free, unaligned", arena + 6 * PAGE + 123, PAGE);
    hint("free, last byte of its page", arena + 7 * PAGE - 1, PAGE);
    hint("taken", arena, PAGE);
    hint("first page taken", arena + 3 * PAGE, 2 * PAGE);
    hint("last page taken", arena + 11 * PAGE, 2 * PAGE);
    hint("hole too small", arena + 4 * PAGE, 9 * PAGE);
    hint("beyond user space", (char *)(1UL << 62), PAGE);
    step("what was there", "%c", arena[3 * PAGE]);
    contract_pass();
}
