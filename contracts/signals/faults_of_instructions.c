/* Contract: an undefined instruction is SIGILL ILL_ILLOPC or ILL_OPN at its address, a breakpoint
 * is SIGTRAP, a jump to where nothing is SIGSEGV with that address, one into data SEGV_ACCERR.
 * Source: sigaction(2), arch/x86/kernel/traps.c, arch/arm64/kernel/traps.c. */
#include "../contract.h"
#include <sys/mman.h>

static sigjmp_buf out;
static siginfo_t seen;

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    seen = *info;
    siglongjmp(out, 1);
}

static void try(const char *name, void *code)
{
    memset(&seen, 0, sizeof seen);
    if (sigsetjmp(out, 1) == 0) {
        ((void (*)(void))code)();
        contract_fail(name, "no fault");
    }
    step(name, "%s, errno %d",
         seen.si_signo == SIGILL ? "SIGILL" : seen.si_signo == SIGTRAP ? "SIGTRAP"
         : seen.si_signo == SIGSEGV ? "SIGSEGV" : "another", seen.si_errno);
    if (seen.si_signo == SIGSEGV)
        step(name, "code %d", seen.si_code);
    if (seen.si_signo != SIGTRAP)
        step(name, "address %s", seen.si_addr == code ? "exact" : "another");
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    static const int numbers[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS};
    for (int i = 0; i < 4; i++)
        expect(sigaction(numbers[i], &action, NULL) == 0, "sigaction");
    unsigned *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(page != MAP_FAILED, "mmap");
#if defined __x86_64__
    page[0] = 0x90900b0f; /* ud2 */
    page[4] = 0x909090cc; /* int3 */
#else
    page[0] = 0;          /* udf */
    page[4] = 0xd4200000; /* brk #0 */
#endif
    page[8] = page[0];
    try("jump into data", page + 8);
    expect(mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0, "mprotect");
    expect(munmap(page + 1024, 4096) == 0, "munmap");
    __builtin___clear_cache((char *)page, (char *)page + 4096);
    try("undefined instruction", page);
    try("breakpoint", page + 4);
    try("jump to nowhere", page + 1024);
    try("jump to page zero", (void *)64);
    contract_pass();
}
