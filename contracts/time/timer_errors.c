/* Contract: what the POSIX timer calls refuse: unknown clocks, ways of notification, signals,
 * timers and times (EINVAL), bad pointers (EFAULT).
 * Source: timer_create(2), kernel/time/posix-timers.c:do_timer_create. */
#include "../contract.h"
#include <signal.h>
#include <time.h>

static int timer = -1;

static long create(int clock, int notify, int signal)
{
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = notify;
    event.sigev_signo = signal;
    return syscall(SYS_timer_create, clock, &event, &timer);
}

int main(void)
{
    struct itimerspec value = {{0, 0}, {0, 1000000000}}, old;
    expect_errno(create(100, SIGEV_SIGNAL, SIGUSR1), EINVAL, "clock 100");
    expect_errno(create(CLOCK_MONOTONIC, 77, SIGUSR1), EINVAL, "notification 77");
    expect_errno(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, 0), EINVAL, "signal 0");
    expect_errno(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, 65), EINVAL, "signal 65");
    expect_errno(syscall(SYS_timer_create, 1, (void *)8, &timer), EFAULT, "bad event");
    expect_errno(syscall(SYS_timer_create, 1, NULL, (void *)8), EFAULT, "bad id pointer");
    step_result("coarse clock cannot", create(CLOCK_MONOTONIC_COARSE, SIGEV_SIGNAL, SIGUSR1));
    step_result("create", create(CLOCK_BOOTTIME, SIGEV_SIGNAL, SIGUSR1));

    expect_errno(syscall(SYS_timer_settime, timer, 0, &value, NULL), EINVAL, "1e9 ns");
    value.it_value.tv_nsec = -1;
    expect_errno(syscall(SYS_timer_settime, timer, 0, &value, NULL), EINVAL, "-1 ns");
    value = (struct itimerspec){{-1, 0}, {1, 0}};
    expect_errno(syscall(SYS_timer_settime, timer, 0, &value, NULL), EINVAL, "interval of -1 s");
    expect_errno(syscall(SYS_timer_settime, timer, 0, NULL, NULL), EINVAL, "no value");
    expect_errno(syscall(SYS_timer_settime, timer, 0, (void *)8, NULL), EFAULT, "bad value");
    expect_errno(syscall(SYS_timer_gettime, timer, (void *)8), EFAULT, "get, bad pointer");
    expect_errno(syscall(SYS_timer_gettime, timer + 1, &old), EINVAL, "get, another timer");
    expect_errno(syscall(SYS_timer_getoverrun, -1), EINVAL, "overrun of timer -1");
    step_result("delete", syscall(SYS_timer_delete, timer));
    expect_errno(syscall(SYS_timer_delete, timer), EINVAL, "delete again");
    expect_errno(syscall(SYS_timer_settime, timer, 0, &value, NULL), EINVAL, "set when deleted");
    contract_pass();
}
