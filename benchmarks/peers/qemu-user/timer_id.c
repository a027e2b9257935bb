/* The number of a POSIX timer, and that in the siginfo of its signal. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec soon = {.it_value.tv_nsec = 1};
    siginfo_t info;
    sigset_t set;
    int timer;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer);
    syscall(SYS_timer_settime, timer, 0, &soon, NULL);
    syscall(SYS_rt_sigtimedwait, &set, &info, NULL, 8L);
    dprintf(1, "si_timerid is the timer's: %d\n", info.si_timerid == timer);
    return 0;
}
