/* Contract: when a SIGSEGV handler returns, the access is made again. A handler that maps
 * or unprotects the page thus makes it succeed, after one fault; one that does not is called
 * again for the same access.
 * Source: sigaction(2); the fault leaves the program counter at the instruction. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

static char *arena;
static volatile sig_atomic_t faults, ignored;

static void repair(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    faults++;
    if (ignored-- > 0)
        return;
    char *page = (char *)((unsigned long)info->si_addr & -(unsigned long)PAGE);
    if (info->si_code == SEGV_ACCERR)
        mprotect(page, PAGE, PROT_READ | PROT_WRITE);
    else
        mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void try(const char *name, long offset, int value)
{
    faults = 0;
    volatile char *byte = arena + offset;
    int before = *byte;
    int after_read = faults;
    *byte = value;
    step(name, "read %d, wrote %d, faults %d and %d", before, *byte, after_read,
         (int)faults - after_read);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = repair, .sa_flags = SA_SIGINFO};
    expect(sigaction(SIGSEGV, &action, NULL) == 0, "sigaction");
    arena = mmap(NULL, 6 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(arena != MAP_FAILED, "mmap");
    memset(arena, 'a', 6 * PAGE);
    expect(mprotect(arena + PAGE, PAGE, PROT_NONE) == 0, "mprotect");
    expect(mprotect(arena + 2 * PAGE, PAGE, PROT_READ) == 0, "mprotect");
    expect(munmap(arena + 3 * PAGE, PAGE) == 0, "munmap");
    expect(mprotect(arena + 4 * PAGE, PAGE, PROT_NONE) == 0, "mprotect");
    try("writable page", 10, 'k');
    try("PROT_NONE page", PAGE + 10, 'k');
    try("PROT_NONE page again", PAGE + 10, 'l');
    try("read-only page", 2 * PAGE + 10, 'k');
    try("unmapped page", 3 * PAGE + 10, 'k');
    ignored = 4;
    try("repaired at the fifth fault", 4 * PAGE + 10, 'k');
    contract_pass();
}
