/* Contract: mprotect wants an aligned start and known bits (EINVAL); a hole in the range is
 * ENOMEM, but the pages before the hole have changed, and those after it have not.
 * Source: mprotect(2); mm/mprotect.c:do_mprotect_pkey. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

int main(void)
{
    contract_catch_faults();
    int both = PROT_READ | PROT_WRITE;
    char *pages = mmap(NULL, 6 * PAGE, both, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(pages != MAP_FAILED, "mmap");
    expect_errno(syscall(SYS_mprotect, pages + 1, PAGE, PROT_READ), EINVAL, "unaligned");
    expect_errno(mprotect(pages, PAGE, 0x8000), EINVAL, "unknown protection bit");
    expect_errno(mprotect(pages, PAGE, PROT_GROWSUP | PROT_GROWSDOWN), EINVAL, "both GROWS");
    expect_errno(mprotect(pages, PAGE, PROT_READ | PROT_GROWSDOWN), EINVAL, "not a stack");
    step_result("empty range", mprotect(pages, 0, PROT_NONE));
    step_vmas("maps", pages, 6 * PAGE);
    expect(munmap(pages + 2 * PAGE, PAGE) == 0, "munmap");
    expect_errno(mprotect(pages + PAGE, 4 * PAGE, PROT_READ), ENOMEM, "hole in the range");
    step_vmas("maps", pages, 6 * PAGE);
    step_access("page before the hole", 'w', pages, PAGE);
    step_access("page after the hole", 'w', pages, 3 * PAGE);
    expect_errno(mprotect(pages + 2 * PAGE, 2 * PAGE, PROT_READ), ENOMEM, "hole at the start");
    step_vmas("maps", pages, 6 * PAGE);
    expect_errno(mprotect(pages + 2 * PAGE, PAGE, PROT_READ), ENOMEM, "only a hole");
    step_result("empty range in a hole", mprotect(pages + 2 * PAGE, 0, PROT_READ));
    contract_pass();
}
