/* Contract: reading or writing a PROT_NONE page raises SIGSEGV with SEGV_ACCERR and the
 * exact byte in si_addr. The handler may leave by siglongjmp, any number of times, and what
 * the page holds is there again once it may be read.
 * Source: mprotect(2), sigaction(2); arch/x86/mm/fault.c, arch/arm64/mm/fault.c. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

int main(void)
{
    contract_catch_faults();
    char *page = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(page != MAP_FAILED, "mmap");
    memset(page, 'a', 3 * PAGE);
    page += PAGE;
    expect(mprotect(page, PAGE, PROT_NONE) == 0, "mprotect");
    for (int round = 0; round < 3; round++) {
        step("round", "%d", round);
        step_access("read first byte", 'r', page, 0);
        step_access("read last byte", 'r', page, PAGE - 1);
        step_access("write a middle byte", 'w', page, 1234);
        step_access("page below", 'r', page, -1);
        step_access("page above", 'w', page, PAGE);
    }
    expect(mprotect(page, PAGE, PROT_READ) == 0, "mprotect");
    step_access("readable: read", 'r', page, 1234);
    step_access("readable: write", 'w', page, 1234);
    expect(mprotect(page, PAGE, PROT_READ | PROT_WRITE) == 0, "mprotect");
    step_access("writable: write", 'w', page, 1234);
    step_access("writable: read", 'r', page, 1234);

    char *never = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(never != MAP_FAILED, "mmap");
    step_access("PROT_NONE from birth: read", 'r', never, 17);
    step_access("PROT_NONE from birth: write", 'w', never, 18);
    expect(mprotect(never, PAGE, PROT_READ | PROT_WRITE) == 0, "mprotect");
    step_access("then readable", 'r', never, 17);
    contract_pass();
}
