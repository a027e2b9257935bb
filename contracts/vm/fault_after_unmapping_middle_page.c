/* Contract: after munmap of the middle page of three, access to it raises SIGSEGV with
 * SEGV_MAPERR and the exact byte; the outer pages keep their contents. A null pointer
 * faults in the same way.
 * Source: munmap(2), sigaction(2); mm/vma.c:do_vmi_munmap. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

int main(void)
{
    contract_catch_faults();
    char *pages = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(pages != MAP_FAILED, "mmap");
    memset(pages, 'a', PAGE);
    memset(pages + PAGE, 'b', PAGE);
    memset(pages + 2 * PAGE, 'c', PAGE);
    step_result("munmap", munmap(pages + PAGE, PAGE));
    for (int round = 0; round < 2; round++) {
        step("round", "%d", round);
        step_access("last byte below", 'r', pages, PAGE - 1);
        step_access("first byte of the hole", 'r', pages, PAGE);
        step_access("middle of the hole", 'w', pages, PAGE + 2000);
        step_access("last byte of the hole", 'r', pages, 2 * PAGE - 1);
        step_access("first byte above", 'r', pages, 2 * PAGE);
    }
    char *again = mmap(pages + PAGE, PAGE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    step("mapped again at", "+%ld", (long)(again - pages));
    step_access("new page", 'r', pages, PAGE + 2000);
    step_access("null pointer", 'r', NULL, 0);
    step_access("near the null pointer", 'w', NULL, 8);
    contract_pass();
}
