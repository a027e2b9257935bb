/* Contract: for the kernel SIGEV_THREAD is SIGEV_SIGNAL; SIGEV_NONE needs no signal; a signal
 * number is checked for the others; without a sigevent the value is the timer's id.
 * Source: timer_create(2), kernel/time/posix-timers.c:do_timer_create. */
#include "../contract.h"
#include <time.h>

static sigset_t set;
static int timer;

static long create(int notify, int number)
{
    struct sigevent event = {.sigev_notify = notify, .sigev_signo = number};
    event.sigev_value.sival_ptr = (void *)0x123456789;
    return syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer);
}

static void fire(const char *name)
{
    struct itimerspec soon = {{0, 0}, {0, 1}};
    struct timespec second = {1, 0};
    siginfo_t info;
    expect(syscall(SYS_timer_settime, timer, 0, &soon, NULL) == 0, "timer_settime");
    long got = syscall(SYS_rt_sigtimedwait, &set, &info, &second, 8);
    step(name, "%s, code %d, timer %s, overrun %d, value %s",
         got == SIGALRM ? "SIGALRM" : got == SIGUSR1 ? "SIGUSR1" : "another", info.si_code,
         info.si_timerid == timer ? "right" : "wrong", info.si_overrun,
         info.si_value.sival_ptr == (void *)0x123456789 ? "as given"
         : info.si_value.sival_int == timer ? "the id" : "another");
    expect(syscall(SYS_timer_delete, timer) == 0, "timer_delete");
}

int main(void)
{
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGALRM);
    expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0, "block");
    step_result("SIGEV_SIGNAL", create(SIGEV_SIGNAL, SIGUSR1));
    fire("its signal");
    step_result("SIGEV_THREAD", create(SIGEV_THREAD, SIGUSR1));
    fire("its signal");
    step_result("no sigevent", syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &timer));
    fire("its signal");
    step_result("SIGEV_NONE without a signal", create(SIGEV_NONE, 0));
    step_result("delete", syscall(SYS_timer_delete, timer));
    expect_errno(create(SIGEV_SIGNAL, 0), EINVAL, "SIGEV_SIGNAL, signal 0");
    expect_errno(create(SIGEV_SIGNAL, 65), EINVAL, "SIGEV_SIGNAL, signal 65");
    expect_errno(create(SIGEV_THREAD, -1), EINVAL, "SIGEV_THREAD, signal -1");
    expect_errno(create(3, SIGUSR1), EINVAL, "kind 3");
    expect_errno(create(5, SIGUSR1), EINVAL, "kind 5");
    expect_errno(create(-1, SIGUSR1), EINVAL, "kind -1");
    contract_pass();
}
