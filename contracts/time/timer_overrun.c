/* Contract: a POSIX timer has at most one signal pending; the expirations missed meanwhile are
 * the overrun, in siginfo and from timer_getoverrun.
 * Source: timer_getoverrun(2), kernel/time/posix-timers.c:posixtimer_rearm. */
#include "../contract.h"
#include <signal.h>
#include <time.h>

int main(void)
{
    sigset_t set;
    siginfo_t info;
    timer_t timer;
    struct timespec zero = {0, 0}, nap = {0, 20000000};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL};
    struct itimerspec often = {{0, 2000000}, {0, 2000000}}, off = {{0, 0}, {0, 0}}, old;
    event.sigev_signo = SIGUSR1;
    event.sigev_value.sival_int = 99;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0, "block");
    expect(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0, "timer_create");
    step_result("overrun before", timer_getoverrun(timer));
    expect(timer_settime(timer, 0, &often, NULL) == 0, "timer_settime");
    expect(nanosleep(&nap, NULL) == 0, "nanosleep");
    step_result("signal", syscall(SYS_rt_sigtimedwait, &set, &info, &zero, 8));
    step("siginfo", "code %d value %d", info.si_code, info.si_value.sival_int);
    step("overrun at least 8", "%s", info.si_overrun >= 8 ? "yes" : "no");
    step("timer_getoverrun", "%s",
         timer_getoverrun(timer) == info.si_overrun ? "the same" : "another");
    step_result("it goes on", syscall(SYS_rt_sigtimedwait, &set, &info, NULL, 8));

    expect(nanosleep(&nap, NULL) == 0, "nanosleep");
    step_result("stop", timer_settime(timer, 0, &off, &old));
    step("old interval", "%ld %ld", (long)old.it_interval.tv_sec, old.it_interval.tv_nsec);
    expect(timer_gettime(timer, &old) == 0, "timer_gettime");
    step("now", "%ld %ld, interval %ld %ld", (long)old.it_value.tv_sec, old.it_value.tv_nsec,
         (long)old.it_interval.tv_sec, old.it_interval.tv_nsec);
    step_result("delete", timer_delete(timer));
    contract_pass();
}
