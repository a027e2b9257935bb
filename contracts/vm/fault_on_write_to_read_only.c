/* Contract: a write to a page made read-only raises SIGSEGV with SEGV_ACCERR at the exact
 * byte and changes nothing, although the page was written a moment before; neighbouring
 * pages stay writable.
 * Source: mprotect(2), sigaction(2); mm/mprotect.c:change_protection. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

static const char constant[PAGE] = "constant";

int main(void)
{
    contract_catch_faults();
    char *page = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(page != MAP_FAILED, "mmap");
    page += PAGE;
    for (int round = 0; round < 3; round++) {
        step("round", "%d", round);
        step_access("writable: write", 'w', page, round);
        expect(mprotect(page, PAGE, PROT_READ) == 0, "mprotect");
        step_access("read-only: read back", 'r', page, round);
        step_access("read-only: write", 'w', page, 100 + round);
        step_access("read-only: it is unchanged", 'r', page, 100 + round);
        step_access("byte below", 'w', page, -1);
        step_access("byte above", 'w', page, PAGE);
        expect(mprotect(page, PAGE, PROT_READ | PROT_WRITE) == 0, "mprotect");
    }
    char *fresh = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(fresh != MAP_FAILED, "mmap");
    step_access("read-only from birth: read", 'r', fresh, 5);
    step_access("read-only from birth: write", 'w', fresh, 5);
    step_access("constant data: write", 'w', (void *)constant, 3);
    step("constant data", "%s", constant);
    contract_pass();
}
