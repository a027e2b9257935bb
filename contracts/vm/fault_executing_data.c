/* Contract: calling into a page that may be read and written but not executed raises
 * SIGSEGV with SEGV_ACCERR, into an unmapped one with SEGV_MAPERR; si_addr is the address
 * that was called.
 * Source: mprotect(2), sigaction(2); arch/x86/mm/fault.c:access_error. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

static void call(const char *name, char *base, long offset)
{
    if (sigsetjmp(contract_fault.back, 1)) {
        step_fault(name, base);
        return;
    }
    ((void (*)(void))(base + offset))();
    step(name, "it returned");
}

int main(void)
{
    contract_catch_faults();
    char *pages = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(pages != MAP_FAILED, "mmap");
    memset(pages, 0, 3 * PAGE);
    expect(mprotect(pages + PAGE, PAGE, PROT_READ) == 0, "mprotect");
    expect(mprotect(pages + 2 * PAGE, PAGE, PROT_NONE) == 0, "mprotect");
    expect(munmap(pages + 3 * PAGE, PAGE) == 0, "munmap");
    for (int round = 0; round < 2; round++) {
        call("readable and writable", pages, 64);
        call("read-only", pages, PAGE + 128);
        call("PROT_NONE", pages, 2 * PAGE + 256);
        call("unmapped", pages, 3 * PAGE + 512);
    }
    call("null pointer", NULL, 0);
    step_access("data is still data", 'r', pages, 64);
    contract_pass();
}
