/* Contract: the signal of a POSIX timer has SI_TIMER, the timer's id, its value and an overrun
 * count; the one of setitimer is an SI_KERNEL signal without a sender.
 * Source: timer_create(2), sigaction(2), kernel/time/itimer.c:it_real_fn. */
#include "../contract.h"
#include <signal.h>
#include <sys/time.h>
#include <time.h>

int main(void)
{
    sigset_t set;
    siginfo_t info;
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    sigaddset(&set, SIGRTMIN + 3);
    expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0, "block");

    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL};
    event.sigev_signo = SIGRTMIN + 3;
    event.sigev_value.sival_int = 4711;
    expect(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0, "timer_create");
    struct itimerspec soon = {.it_value = {0, 5000000}};
    expect(timer_settime(timer, 0, &soon, NULL) == 0, "timer_settime");
    expect(sigwaitinfo(&set, &info) == SIGRTMIN + 3, "sigwaitinfo");
    step("POSIX timer", "signal SIGRTMIN+%d code %d errno %d", info.si_signo - SIGRTMIN,
         info.si_code, info.si_errno);
    step("value", "%d", info.si_value.sival_int);
    step("overrun", "%d", info.si_overrun);
    expect(timer_delete(timer) == 0, "timer_delete");

    struct itimerval once = {.it_value = {0, 5000}};
    expect(setitimer(ITIMER_REAL, &once, NULL) == 0, "setitimer");
    expect(sigwaitinfo(&set, &info) == SIGALRM, "sigwaitinfo");
    step("setitimer", "signal %d code %d errno %d", info.si_signo, info.si_code, info.si_errno);
    step("sender", "pid %d uid %d", (int)info.si_pid, (int)info.si_uid);
    contract_pass();
}
