/* Contract: a timer without interval sends one SIGALRM, not early, and is then off; setting it
 * again gives the old value, setting it to 0 stops it.
 * Source: setitimer(2), kernel/time/itimer.c:do_setitimer. */
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
    struct itimerval old, value = {.it_value = {0, 20000}};
    struct timespec zero = {0, 0}, nap = {0, 30000000};
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0, "block");
    long long before = now();
    step_result("setitimer", setitimer(ITIMER_REAL, &value, NULL));
    step_result("signal", syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 8));
    step("at least 20 ms", "%s", now() - before >= 20000000 ? "yes" : "no");
    expect(getitimer(ITIMER_REAL, &old) == 0, "getitimer");
    step("then", "%ld %ld", (long)old.it_value.tv_sec, (long)old.it_value.tv_usec);
    expect(nanosleep(&nap, NULL) == 0, "nanosleep");
    expect_errno(syscall(SYS_rt_sigtimedwait, &set, NULL, &zero, 8), EAGAIN, "no second signal");

    value = (struct itimerval){{7, 8}, {100, 0}};
    expect(setitimer(ITIMER_REAL, &value, NULL) == 0, "setitimer");
    value = (struct itimerval){{0, 0}, {0, 0}};
    step_result("stop", setitimer(ITIMER_REAL, &value, &old));
    step("old value near 100 s", "%s",
         old.it_value.tv_sec >= 90 && old.it_value.tv_sec <= 100 ? "yes" : "no");
    step("old interval", "%ld %ld", (long)old.it_interval.tv_sec, (long)old.it_interval.tv_usec);
    value.it_interval.tv_sec = 1;
    expect(setitimer(ITIMER_REAL, &value, NULL) == 0, "setitimer");
    expect(getitimer(ITIMER_REAL, &old) == 0, "getitimer");
    step("interval without value", "%ld", (long)old.it_interval.tv_sec);

    value = (struct itimerval){{0, 0}, {0, 1000000}};
    expect_errno(setitimer(ITIMER_REAL, &value, NULL), EINVAL, "1e6 microseconds");
    value = (struct itimerval){{0, 0}, {-1, 0}};
    expect_errno(setitimer(ITIMER_REAL, &value, NULL), EINVAL, "-1 s");
    expect_errno(syscall(SYS_setitimer, 3, &old, NULL), EINVAL, "kind 3");
    expect_errno(syscall(SYS_getitimer, 3, &old), EINVAL, "get, kind 3");
    expect_errno(syscall(SYS_getitimer, 0, (void *)8), EFAULT, "get, bad pointer");
    contract_pass();
}
