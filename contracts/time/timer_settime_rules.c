/* Contract: timer_settime gives the old setting, takes absolute times, fires at once for one in
 * the past; a timer that makes no signal can still be read.
 * Source: timer_settime(2), kernel/time/posix-timers.c:common_timer_set. */
#include "../contract.h"
#include <signal.h>
#include <time.h>

int main(void)
{
    sigset_t set;
    int timer = -1, silent = -1;
    struct sigevent none = {.sigev_notify = SIGEV_NONE};
    struct itimerspec value = {{3, 4}, {100, 0}}, old;
    struct timespec zero = {0, 0}, nap = {0, 10000000};
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0, "block");
    expect(syscall(SYS_timer_create, CLOCK_REALTIME, NULL, &timer) == 0, "timer_create");
    expect(syscall(SYS_timer_gettime, timer, &old) == 0, "timer_gettime");
    step("new", "%ld %ld", (long)old.it_value.tv_sec, old.it_value.tv_nsec);
    step_result("set to 100 s", syscall(SYS_timer_settime, timer, 0, &value, NULL));
    value = (struct itimerspec){{0, 0}, {1, 0}};
    step_result("absolute, past", syscall(SYS_timer_settime, timer, TIMER_ABSTIME, &value, &old));
    step("old value near 100 s", "%s",
         old.it_value.tv_sec >= 90 && old.it_value.tv_sec <= 100 ? "yes" : "no");
    step("old interval", "%ld %ld", (long)old.it_interval.tv_sec, old.it_interval.tv_nsec);
    step_result("default signal", syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 8));
    expect(syscall(SYS_timer_gettime, timer, &old) == 0, "timer_gettime");
    step("then", "%ld %ld", (long)old.it_value.tv_sec, old.it_value.tv_nsec);

    expect(syscall(SYS_timer_create, CLOCK_MONOTONIC, &none, &silent) == 0, "timer_create");
    value = (struct itimerspec){{0, 0}, {0, 5000000}};
    step_result("SIGEV_NONE", syscall(SYS_timer_settime, silent, 0, &value, NULL));
    expect(nanosleep(&nap, NULL) == 0, "nanosleep");
    expect(syscall(SYS_timer_gettime, silent, &old) == 0, "timer_gettime");
    step("run down", "%ld %ld", (long)old.it_value.tv_sec, old.it_value.tv_nsec);
    expect_errno(syscall(SYS_rt_sigtimedwait, &set, NULL, &zero, 8), EAGAIN, "no signal");
    contract_pass();
}
