/* Contract: mprotect of some pages splits their VMA, and giving the old permissions back
 * joins it again; /proc/self/maps shows both. It works page by page on touched and untouched
 * memory alike.
 * Source: mprotect(2); mm/mprotect.c:mprotect_fixup, mm/vma.c:vma_modify_flags. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

static char *arena;

static void protect(const char *name, long from, long length, int protection)
{
    step_result(name, mprotect(arena + from * PAGE, length, protection));
    step_vmas("  maps", arena, 8 * PAGE);
}

int main(void)
{
    contract_catch_faults();
    int both = PROT_READ | PROT_WRITE;
    for (int touched = 0; touched < 2; touched++) {
        arena = mmap(NULL, 8 * PAGE, both, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        expect(arena != MAP_FAILED, "mmap");
        if (touched)
            memset(arena, 'a', 8 * PAGE);
        step("touched before", "%s", touched ? "yes" : "no");
        protect("same permissions", 0, 8 * PAGE, both);
        protect("3-4 read-only", 3, 2 * PAGE, PROT_READ);
        protect("4-5 none", 4, 2 * PAGE, PROT_NONE);
        protect("2 and a byte: executable", 2, PAGE + 1, PROT_READ | PROT_EXEC);
        protect("0 read-only", 0, PAGE, PROT_READ);
        protect("1 read-only", 1, PAGE, PROT_READ);
        step_access("page 1", 'w', arena, PAGE);
        step_access("page 2", 'r', arena, 2 * PAGE);
        step_access("page 4", 'r', arena, 4 * PAGE);
        step_access("page 7", 'w', arena, 7 * PAGE);
        protect("1-5 back", 1, 5 * PAGE, both);
        protect("0 back", 0, PAGE, both);
        step_access("page 4", 'w', arena, 4 * PAGE);
        protect("nothing", 3, 0, PROT_NONE);
        protect("write only", 3, PAGE, PROT_WRITE);
        step_access("page 3", 'w', arena, 3 * PAGE);
        expect(munmap(arena, 8 * PAGE) == 0, "munmap");
    }
    contract_pass();
}
