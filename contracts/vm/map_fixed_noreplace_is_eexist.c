/* Contract: MAP_FIXED_NOREPLACE maps exactly there if the whole range is free, and fails with
 * EEXIST if a single page of it is taken, even by PROT_NONE; then nothing has changed.
 * Unaligned addresses are EINVAL as with MAP_FIXED.
 * Source: mmap(2); mm/mmap.c:do_mmap (Linux 4.17). */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

static char *arena;

static void place(const char *name, long offset, long length, int more)
{
    errno = 0;
    char *result = mmap(arena + offset, length, PROT_READ,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | more, -1, 0);
    if (result == MAP_FAILED)
        step(name, "%s", errno_name(errno));
    else
        step(name, "+%ld", (long)(result - arena));
    step_vmas("  maps", arena, 8 * PAGE);
}

int main(void)
{
    int both = PROT_READ | PROT_WRITE;
    arena = mmap(NULL, 8 * PAGE, both, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(arena != MAP_FAILED, "mmap");
    arena[0] = 'a';
    expect(munmap(arena + 2 * PAGE, 3 * PAGE) == 0, "munmap");
    expect(mprotect(arena + 5 * PAGE, PAGE, PROT_NONE) == 0, "mprotect");
    step_vmas("maps", arena, 8 * PAGE);
    place("taken", 0, PAGE, 0);
    place("last page taken", 4 * PAGE, 2 * PAGE, 0);
    place("first page taken", PAGE, 2 * PAGE, 0);
    place("taken around a hole", 0, 8 * PAGE, 0);
    place("taken, by one byte", PAGE, 1, 0);
    place("taken, with MAP_FIXED too", 0, PAGE, MAP_FIXED);
    place("unaligned", 2 * PAGE + 1, PAGE, 0);
    place("length 0", 2 * PAGE, 0, 0);
    place("free", 3 * PAGE, PAGE, 0);
    place("free, a byte", 4 * PAGE, 1, 0);
    place("free, with MAP_FIXED too", 2 * PAGE, PAGE, MAP_FIXED);
    place("no longer free", 3 * PAGE, PAGE, 0);
    step("contents", "%c", arena[0]);
    contract_pass();
}
