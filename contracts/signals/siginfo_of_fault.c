/* Contract: a bad access says why and where: SEGV_MAPERR where nothing is mapped, SEGV_ACCERR
 * where it is not allowed, BUS_ADRERR behind the end of a mapped file; si_addr is exact.
 * Source: sigaction(2), arch/x86/mm/fault.c, arch/arm64/mm/fault.c. */
#include "../contract.h"
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

static sigjmp_buf out;
static siginfo_t seen;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    seen = *info;
    siglongjmp(out, 1);
}

static void touch(const char *name, volatile char *address, int write)
{
    memset(&seen, 0, sizeof seen);
    if (sigsetjmp(out, 1) == 0) {
        if (write)
            *address = 1;
        else
            (void)*address;
        contract_fail(name, "no fault");
    }
    step(name, "signal %d code %d errno %d", seen.si_signo, seen.si_code, seen.si_errno);
    step("address exact", "%s", seen.si_addr == (void *)address ? "yes" : "no");
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    expect(sigaction(SIGSEGV, &action, NULL) == 0, "SIGSEGV");
    expect(sigaction(SIGBUS, &action, NULL) == 0, "SIGBUS");
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *area = mmap(NULL, 4 * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(area != MAP_FAILED, "mmap");
    expect(mprotect(area + page, page, PROT_NONE) == 0, "mprotect");
    expect(munmap(area + 2 * page, page) == 0, "munmap");

    touch("write to a read-only page", area + 17, 1);
    touch("read of a PROT_NONE page", area + page + 5, 0);
    touch("read of a hole", area + 2 * page + 123, 0);
    touch("write to a hole", area + 3 * page - 1, 1);
    touch("read of page zero", (char *)8, 0);

    int file = open("short", O_RDWR | O_CREAT, 0600);
    expect(file >= 0 && ftruncate(file, 10) == 0, "file");
    char *mapped = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    expect(mapped != MAP_FAILED, "mmap");
    mapped[page - 1] = 1;
    touch("read behind the end of the file", mapped + page + 7, 0);
    contract_pass();
}
