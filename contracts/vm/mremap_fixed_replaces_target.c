/* Contract: MREMAP_FIXED moves a mapping to the address given, throws away what was mapped
 * there, and nothing else. It needs MREMAP_MAYMOVE, an aligned target, and ranges that do
 * not overlap; otherwise EINVAL, with both ranges untouched.
 * Source: mremap(2); mm/mremap.c:check_mremap_params. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

static char *arena;

static void move(const char *name, long from, long old, long new, long to)
{
    errno = 0;
    char *result = mremap(arena + from * PAGE, old * PAGE, new * PAGE,
                          MREMAP_MAYMOVE | MREMAP_FIXED, arena + to * PAGE);
    if (result == MAP_FAILED)
        step(name, "%s", errno_name(errno));
    else
        step(name, "page %ld", (long)(result - arena) / PAGE);
    step_vmas("  maps", arena, 12 * PAGE);
    char text[12];
    for (int i = 0; i < 12; i++) {
        text[i] = '-';
        if (sigsetjmp(contract_fault.back, 1) == 0)
            text[i] = ((volatile char *)arena)[i * PAGE];
        if (text[i] == 0)
            text[i] = '.';
    }
    step("  pages", "%.12s", text);
}

int main(void)
{
    contract_catch_faults();
    arena = mmap(NULL, 12 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(arena != MAP_FAILED, "mmap");
    for (int i = 0; i < 12; i++)
        arena[i * PAGE] = 'a' + i;
    move("0-1 over 6-7", 0, 2, 2, 6);
    move("6 to the free 0", 6, 1, 1, 0);
    move("2-3 over 8-9, growing by a page", 2, 2, 3, 8);
    move("8-10 over 4, shrinking to a page", 8, 3, 1, 4);
    move("overlap, target above", 4, 2, 2, 5);
    move("overlap, target below", 5, 1, 2, 4);
    move("onto itself", 4, 2, 2, 4);
    expect_errno(mremap(arena + 4 * PAGE, PAGE, PAGE, MREMAP_FIXED, arena), EINVAL,
                 "FIXED without MAYMOVE");
    expect_errno(mremap(arena + 4 * PAGE, PAGE, PAGE, MREMAP_FIXED | MREMAP_MAYMOVE,
                              arena + 1), EINVAL, "unaligned target");
    move("a hole to page 11", 2, 1, 1, 11);
    contract_pass();
}
