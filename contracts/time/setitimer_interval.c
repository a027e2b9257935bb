/* Contract: a timer with an interval goes on until it is stopped; signals that are not taken in
 * time are one.
 * Source: setitimer(2), kernel/time/itimer.c:itimer_delete, it_real_fn. */
#include "../contract.h"
#include <signal.h>
#include <sys/time.h>
#include <time.h>

static long long now(void)
{
    struct timespec value;
    expect(clock_gettime(CLOCK_MONOTONIC, &value) == 0, "clock_gettime");
    return value.tv_sec * 1000000000LL + value.tv_nsec;
}

int main(void)
{
    sigset_t set;
    struct timespec zero = {0, 0}, nap = {0, 20000000};
    struct itimerval value = {{0, 5000}, {0, 5000}}, off = {{0, 0}, {0, 0}};
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0, "block");
    long long before = now();
    expect(setitimer(ITIMER_REAL, &value, NULL) == 0, "setitimer");
    for (int i = 1; i <= 4; i++) {
        step_result("signal", syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 8));
        step("not early", "%s", now() - before >= i * 5000000LL ? "yes" : "no");
    }
    expect(nanosleep(&nap, NULL) == 0, "nanosleep");
    expect(setitimer(ITIMER_REAL, &off, &value) == 0, "setitimer");
    step("interval", "%ld %ld", (long)value.it_interval.tv_sec, (long)value.it_interval.tv_usec);
    step("time left within the interval", "%s",
         value.it_value.tv_sec == 0 && value.it_value.tv_usec <= 6000 ? "yes" : "no");
    step_result("pending from the sleep", syscall(SYS_rt_sigtimedwait, &set, NULL, &zero, 8));
    expect_errno(syscall(SYS_rt_sigtimedwait, &set, NULL, &zero, 8), EAGAIN, "only one");
    expect(nanosleep(&nap, NULL) == 0, "nanosleep");
    expect_errno(syscall(SYS_rt_sigtimedwait, &set, NULL, &zero, 8), EAGAIN, "stopped");
    contract_pass();
}
