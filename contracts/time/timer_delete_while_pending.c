/* Contract: the pending signal of a timer that is deleted, or set anew, is gone; that of another
 * timer, and one that somebody sent, stay.
 * Requires: Linux 6.13
 * Source: timer_delete(2), kernel/signal.c:posixtimer_deliver_signal. */
#include "../contract.h"
#include <time.h>

static sigset_t set;

static int expired(int number, int value)
{
    int timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = number};
    struct itimerspec soon = {{0, 0}, {0, 1}};
    struct timespec nap = {0, 3000000};
    event.sigev_value.sival_int = value;
    expect(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer) == 0, "timer_create");
    expect(syscall(SYS_timer_settime, timer, 0, &soon, NULL) == 0, "timer_settime");
    expect(nanosleep(&nap, NULL) == 0, "nanosleep");
    return timer;
}

static void dequeue(const char *name)
{
    struct timespec zero = {0, 0};
    siginfo_t info;
    long got = syscall(SYS_rt_sigtimedwait, &set, &info, &zero, 8);
    if (got == -1)
        step(name, "nothing, %s", errno_name(errno));
    else
        step(name, "%s, code %d, value %d", got == SIGUSR1 ? "SIGUSR1" : "SIGRTMIN", info.si_code,
             info.si_code == SI_USER ? 0 : info.si_value.sival_int);
}

int main(void)
{
    struct itimerspec off = {{0, 0}, {0, 0}}, later = {{0, 0}, {1000, 0}};
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN);
    expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0, "block");

    int first = expired(SIGRTMIN, 1), second = expired(SIGRTMIN, 2);
    step_result("delete the first", syscall(SYS_timer_delete, first));
    dequeue("the second's");
    dequeue("no more");
    expect(syscall(SYS_timer_delete, second) == 0, "timer_delete");

    first = expired(SIGUSR1, 3);
    step_result("disarm", syscall(SYS_timer_settime, first, 0, &off, NULL));
    dequeue("disarmed");
    expect(syscall(SYS_timer_delete, first) == 0, "timer_delete");

    first = expired(SIGUSR1, 4);
    step_result("set anew", syscall(SYS_timer_settime, first, 0, &later, NULL));
    dequeue("not yet");
    expect(syscall(SYS_timer_delete, first) == 0, "timer_delete");

    expect(kill(getpid(), SIGUSR1) == 0, "kill");
    first = expired(SIGUSR1, 5);
    expect(syscall(SYS_timer_delete, first) == 0, "timer_delete");
    dequeue("sent by somebody");
    dequeue("and no more");
    expect_errno(syscall(SYS_timer_delete, first), EINVAL, "deleted twice");
    contract_pass();
}
