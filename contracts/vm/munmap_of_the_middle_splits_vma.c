/* Contract: munmap takes exactly its pages: from the middle it leaves two VMAs, from an end
 * one, over several VMAs and holes whatever lies outside; the length is rounded up. What is
 * mapped into the hole with the same permissions joins its neighbours again.
 * Source: munmap(2); mm/vma.c:do_vmi_align_munmap. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

static char *arena;

static void unmap(const char *name, long from, long length)
{
    step_result(name, munmap(arena + from * PAGE, length));
    step_vmas("  maps", arena, 10 * PAGE);
}

int main(void)
{
    contract_catch_faults();
    int both = PROT_READ | PROT_WRITE, kind = MAP_PRIVATE | MAP_ANONYMOUS;
    arena = mmap(NULL, 10 * PAGE, both, kind, -1, 0);
    expect(arena != MAP_FAILED, "mmap");
    for (int i = 0; i < 10; i++)
        arena[i * PAGE] = 'a' + i;
    step_vmas("one mapping", arena, 10 * PAGE);
    unmap("page 4", 4, PAGE);
    unmap("page 4 again", 4, PAGE);
    unmap("page 0", 0, PAGE);
    unmap("page 9, by one byte", 9, 1);
    unmap("page 6 and a byte", 6, PAGE + 1);
    for (int i = 0; i < 10; i++)
        step_access("page", 'r', arena, i * PAGE);
    char *back = mmap(arena + 4 * PAGE, PAGE, both, kind | MAP_FIXED, -1, 0);
    step("mapped into the hole", "page %ld", (long)(back - arena) / PAGE);
    step_vmas("  maps", arena, 10 * PAGE);
    step_access("its byte", 'r', arena, 4 * PAGE);
    step_access("its neighbour", 'r', arena, 5 * PAGE);
    unmap("over VMAs and holes", 3, 5 * PAGE);
    unmap("everything", 0, 10 * PAGE);
    contract_pass();
}
