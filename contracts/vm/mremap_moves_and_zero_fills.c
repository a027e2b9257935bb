/* Contract: with MREMAP_MAYMOVE a mapping that has no room moves: contents and permissions
 * go along, new pages are zero, and nothing stays at the old address. Part of a VMA can be
 * moved away from the rest, and pages not touched yet go along untouched.
 * Source: mremap(2); mm/mremap.c:move_vma. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

static long wrong(volatile char *from, long count, char byte)
{
    long found = 0;
    for (long i = 0; i < count; i++)
        found += from[i] != byte;
    return found;
}

int main(void)
{
    contract_catch_faults();
    int both = PROT_READ | PROT_WRITE, kind = MAP_PRIVATE | MAP_ANONYMOUS;
    char *arena = mmap(NULL, 6 * PAGE, both, kind, -1, 0);
    expect(arena != MAP_FAILED, "mmap");
    for (int i = 0; i < 6; i++)
        if (i != 2)
            memset(arena + i * PAGE, 'a' + i, PAGE);

    char *moved = mremap(arena + PAGE, 3 * PAGE, 9 * PAGE, MREMAP_MAYMOVE);
    expect(moved != MAP_FAILED, "mremap");
    step("it moved", "%s", moved != arena + PAGE ? "yes" : "no");
    step_vmas("new place", moved, 9 * PAGE);
    step("wrong bytes, first page", "%ld", wrong(moved, PAGE, 'b'));
    step("wrong bytes, page never touched", "%ld", wrong(moved + PAGE, PAGE, 0));
    step("wrong bytes, third page", "%ld", wrong(moved + 2 * PAGE, PAGE, 'd'));
    step("wrong bytes, new pages", "%ld", wrong(moved + 3 * PAGE, 6 * PAGE, 0));
    step_access("last new byte", 'w', moved, 9 * PAGE - 1);
    step_vmas("old place", arena, 6 * PAGE);
    step_access("old place: below", 'r', arena, PAGE - 1);
    step_access("old place: first byte", 'r', arena, PAGE);
    step_access("old place: last byte", 'w', arena, 4 * PAGE - 1);
    step_access("old place: above", 'r', arena, 4 * PAGE);

    expect(mprotect(moved, 2 * PAGE, PROT_READ) == 0, "mprotect");
    char *again = mremap(moved, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE);
    expect(again != MAP_FAILED, "mremap");
    step_vmas("read-only, moved", again, 4 * PAGE);
    step_access("its byte", 'r', again, PAGE - 1);
    step_access("a store", 'w', again, 3 * PAGE);
    step("what remained", "%ld wrong", wrong(moved + 2 * PAGE, PAGE, 'd'));
    contract_pass();
}
