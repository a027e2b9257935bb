/* Contract: a mapping that cannot grow where it is stays as it is, and mremap without
 * MREMAP_MAYMOVE fails with ENOMEM: when a neighbour is too near, also one that is merely
 * reserved, and when the range ends before its VMA does.
 * Source: mremap(2); mm/mremap.c:expand_vma. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

int main(void)
{
    int both = PROT_READ | PROT_WRITE;
    char *arena = mmap(NULL, 8 * PAGE, both, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(arena != MAP_FAILED, "mmap");
    arena[0] = 'a';
    expect(mprotect(arena + 2 * PAGE, PAGE, PROT_NONE) == 0, "mprotect");
    expect(munmap(arena + 4 * PAGE, 2 * PAGE) == 0, "munmap");
    step_vmas("maps", arena, 8 * PAGE);
    expect_errno(mremap(arena, 2 * PAGE, 3 * PAGE, 0), ENOMEM, "PROT_NONE neighbour");
    expect_errno(mremap(arena, PAGE, 2 * PAGE, 0), ENOMEM, "part of a VMA");
    expect_errno(mremap(arena + 3 * PAGE, PAGE, 4 * PAGE, 0), ENOMEM, "gap too small");
    expect_errno(mremap(arena, 2 * PAGE, 1L << 46, 0), ENOMEM, "2^46 bytes");
    step_vmas("maps are as before", arena, 8 * PAGE);
    step("contents too", "%c", arena[0]);
    char *grown = mremap(arena + 3 * PAGE, PAGE, 3 * PAGE, 0);
    step("gap just large enough", "+%ld", (long)(grown - arena));
    step_vmas("maps", arena, 8 * PAGE);
    contract_pass();
}
