/* Contract: rt_sigtimedwait without a signal gives EAGAIN, not before its time; bad nanoseconds
 * and a set of the wrong size are EINVAL.
 * Source: sigtimedwait(2), kernel/signal.c:rt_sigtimedwait. */
#include "../contract.h"
#include <signal.h>
#include <time.h>

int main(void)
{
    sigset_t set;
    struct timespec before, after, timeout = {0, 20000000};
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0, "block");
    expect(clock_gettime(CLOCK_MONOTONIC, &before) == 0, "clock");
    expect_errno(syscall(SYS_rt_sigtimedwait, &set, NULL, &timeout, 8), EAGAIN, "20 ms");
    expect(clock_gettime(CLOCK_MONOTONIC, &after) == 0, "clock");
    long long nanoseconds = (after.tv_sec - before.tv_sec) * 1000000000LL +
                            after.tv_nsec - before.tv_nsec;
    step("at least 20 ms", "%s", nanoseconds >= 20000000 ? "yes" : "no");

    timeout.tv_nsec = 1000000000;
    expect_errno(syscall(SYS_rt_sigtimedwait, &set, NULL, &timeout, 8), EINVAL, "1e9 ns");
    timeout.tv_nsec = -1;
    expect_errno(syscall(SYS_rt_sigtimedwait, &set, NULL, &timeout, 8), EINVAL, "-1 ns");
    timeout = (struct timespec){-1, 0};
    expect_errno(syscall(SYS_rt_sigtimedwait, &set, NULL, &timeout, 8), EINVAL, "-1 s");
    expect_errno(syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 4), EINVAL, "set of 4 bytes");
    expect_errno(syscall(SYS_rt_sigtimedwait, (void *)8, NULL, NULL, 8), EFAULT, "bad set");
    contract_pass();
}
