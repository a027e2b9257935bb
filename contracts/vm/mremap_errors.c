/* Contract: mremap refuses an unaligned address, a new size of 0, unknown flags, and an old
 * size of 0 for private memory with EINVAL; addresses that are not mapped, or a growth that
 * starts in one VMA and ends in another, with EFAULT. Nothing changes.
 * Source: mremap(2); mm/mremap.c:check_prep_vma. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

static void *remap(void *old, unsigned long old_size, unsigned long new_size, int flags)
{
    return (void *)syscall(SYS_mremap, old, old_size, new_size, flags, NULL);
}

int main(void)
{
    char *pages = mmap(NULL, 5 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(pages != MAP_FAILED, "mmap");
    expect(munmap(pages + 2 * PAGE, PAGE) == 0, "munmap");
    expect(mprotect(pages + 4 * PAGE, PAGE, PROT_READ) == 0, "mprotect");
    step_vmas("maps", pages, 5 * PAGE);
    expect_errno(remap(pages + 1, PAGE, PAGE, 0), EINVAL, "unaligned address");
    expect_errno(remap(pages, PAGE, 0, 0), EINVAL, "new size 0");
    expect_errno(remap(pages, PAGE, PAGE, 64), EINVAL, "unknown flag");
    expect_errno(remap(pages, 0, PAGE, 0), EINVAL, "old size 0, private");
    expect_errno(remap(pages, 0, PAGE, MREMAP_MAYMOVE), EINVAL, "old size 0, private, may move");
    expect_errno(remap(pages + 2 * PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE), EFAULT, "unmapped");
    expect_errno(remap(pages + 2 * PAGE, PAGE, PAGE, 0), EFAULT, "unmapped, same size");
    expect_errno(remap(pages + PAGE, 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE), EFAULT, "over a hole");
    expect_errno(remap(pages + 3 * PAGE, 2 * PAGE, 3 * PAGE, MREMAP_MAYMOVE), EFAULT,
                 "over two VMAs");
    step_vmas("maps", pages, 5 * PAGE);
    contract_pass();
}
