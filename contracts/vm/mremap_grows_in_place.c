/* Contract: when the addresses after a mapping are free, mremap grows it where it is: the
 * address, the contents and the permissions stay, the new pages are zero, and there is one
 * VMA afterwards, which a later shrink, mprotect or munmap sees whole. Growing up to a
 * matching neighbour joins it.
 * Requires: Linux 6.16
 * Source: mremap(2); mm/mremap.c:expand_vma_in_place. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

static char *arena;

static void resize(const char *name, long old, long new, int flags)
{
    char *result = mremap(arena, old * PAGE, new * PAGE, flags);
    if (result == MAP_FAILED)
        step(name, "%s", errno_name(errno));
    else
        step(name, "+%ld", (long)(result - arena));
    step_vmas("  maps", arena, 12 * PAGE);
}

int main(void)
{
    contract_catch_faults();
    int both = PROT_READ | PROT_WRITE, kind = MAP_PRIVATE | MAP_ANONYMOUS;
    arena = mmap(NULL, 12 * PAGE, both, kind, -1, 0);
    expect(arena != MAP_FAILED, "mmap");
    expect(munmap(arena + 2 * PAGE, 10 * PAGE) == 0, "munmap");
    memset(arena, 'a', 2 * PAGE);
    resize("2 to 5 pages", 2, 5, 0);
    step_access("old byte", 'r', arena, 2 * PAGE - 1);
    step_access("first new byte", 'r', arena, 2 * PAGE);
    step_access("last new byte", 'w', arena, 5 * PAGE - 1);
    step_access("byte after it", 'r', arena, 5 * PAGE);
    resize("5 to 8 pages, may move but need not", 5, 8, MREMAP_MAYMOVE);
    resize("shrink the whole to 1 page", 8, 1, 0);
    resize("1 to 4 pages", 1, 4, 0);
    step_access("page that came back", 'r', arena, PAGE);
    step_result("mprotect of the whole", mprotect(arena, 4 * PAGE, PROT_READ));
    resize("read-only 4 to 6 pages", 4, 6, 0);
    step_access("new page is read-only", 'w', arena, 5 * PAGE);
    step_result("mprotect back", mprotect(arena, 6 * PAGE, both));

    char *neighbour = mmap(arena + 8 * PAGE, PAGE, both, kind | MAP_FIXED_NOREPLACE, -1, 0);
    expect(neighbour == arena + 8 * PAGE, "neighbour");
    step_vmas("neighbour of the same kind", arena, 12 * PAGE);
    resize("grow up to it", 6, 8, 0);
    resize("shrink across the seam", 9, 3, 0);
    contract_pass();
}
