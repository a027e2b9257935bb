/* Contract: madvise wants a page-aligned start and advice that it knows (EINVAL), accepts an
 * empty range, and reports a hole as ENOMEM after it has applied the advice to the mapped
 * pages on both sides. Locked pages cannot be dropped.
 * Source: madvise(2); mm/madvise.c:madvise_walk_vmas. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

int main(void)
{
    char *pages = mmap(NULL, 5 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(pages != MAP_FAILED, "mmap");
    memset(pages, 'a', 5 * PAGE);
    expect_errno(madvise(pages + 1, PAGE, MADV_DONTNEED), EINVAL, "unaligned start");
    expect_errno(madvise(pages, PAGE, 12345), EINVAL, "unknown advice");
    expect_errno(madvise(pages, 0, 12345), EINVAL, "unknown advice, empty range");
    expect_errno(madvise(pages, -1UL, MADV_DONTNEED), EINVAL, "length that overflows");
    step_result("empty range", madvise(pages, 0, MADV_DONTNEED));
    step("nothing was dropped", "%c", pages[0]);
    step_result("MADV_NORMAL", madvise(pages, PAGE, MADV_NORMAL));
    step_result("MADV_RANDOM", madvise(pages, PAGE, MADV_RANDOM));
    step_result("MADV_SEQUENTIAL", madvise(pages, PAGE, MADV_SEQUENTIAL));
    step_result("MADV_WILLNEED", madvise(pages, PAGE, MADV_WILLNEED));
    step("contents stay", "%c", pages[0]);

    expect(munmap(pages + 2 * PAGE, PAGE) == 0, "munmap");
    expect_errno(madvise(pages + PAGE, 3 * PAGE, MADV_DONTNEED), ENOMEM, "range with a hole");
    volatile char *seen = pages;
    step("pages around the hole", "%d %d, %d %d", seen[0], seen[PAGE], seen[3 * PAGE],
         seen[4 * PAGE]);
    expect_errno(madvise(pages + 2 * PAGE, PAGE, MADV_NORMAL), ENOMEM, "nothing but a hole");

    pages[0] = 'l';
    expect(mlock(pages, PAGE) == 0, "mlock");
    expect_errno(madvise(pages, PAGE, MADV_DONTNEED), EINVAL, "MADV_DONTNEED when locked");
    step("locked page", "%c", pages[0]);
    expect(munlock(pages, PAGE) == 0, "munlock");
    step_result("when unlocked", madvise(pages, PAGE, MADV_DONTNEED));
    step("unlocked page", "%d", seen[0]);
    contract_pass();
}
