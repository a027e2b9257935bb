/* Contract: sched_yield always succeeds, alone and with another process on the same CPU, which
 * gets to run while the caller does nothing but yield.
 * Source: sched_yield(2), kernel/sched/syscalls.c:do_sched_yield. */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/wait.h>

int main(void)
{
    volatile int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                                -1, 0);
    expect(shared != MAP_FAILED, "mmap");
    step_result("alone", syscall(SYS_sched_yield));
    unsigned char mask[1024] = {0}, one[1024] = {0};
    size_t first = 0;
    expect(syscall(SYS_sched_getaffinity, 0, sizeof mask, mask) > 0, "sched_getaffinity");
    while ((mask[first / 8] >> (first % 8) & 1) == 0)
        first++;
    one[first / 8] = (unsigned char)(1 << (first % 8));
    expect(syscall(SYS_sched_setaffinity, 0, sizeof one, one) == 0, "sched_setaffinity");

    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        for (int i = 1; i <= 3; i++) {
            while (*shared != 2 * i - 1)
                syscall(SYS_sched_yield);
            *shared = 2 * i;
        }
        _exit(0);
    }
    long failures = 0;
    for (int i = 1; i <= 3; i++) {
        *shared = 2 * i - 1;
        while (*shared != 2 * i)
            failures += syscall(SYS_sched_yield) != 0;
        step("turn", "%d", *shared);
    }
    step("failures", "%ld", failures);
    wait_for_success(child);
    contract_pass();
}
