/* Clocks and timers. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void told(const char *what, long got)
{
    dprintf(1, "%s: %ld%s%s\n", what, got, got < 0 ? " " : "", got < 0 ? strerrorname_np(errno) : "");
}

int main(void)
{
    struct timespec now = {1, 0};
    int ends[2], id;
    char byte;
    told("CLOCK_TAI", clock_gettime(CLOCK_TAI, &now));
    clock_getres(CLOCK_MONOTONIC_COARSE, &now);
    dprintf(1, "resolution of a coarse clock: %s\n", now.tv_nsec == 1 ? "1 ns" : "a tick");
    now = (struct timespec){0, 1000};
    told("sleeping by one's thread's CPU time",
         syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &now, NULL));
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    told("timer of a coarse clock", syscall(SYS_timer_create, CLOCK_MONOTONIC_COARSE, &event, &id));
    struct itimerval much = {{0, 0}, {0, 1000000}}, none = {{5, 0}, {0, 0}};
    told("setitimer of a million microseconds", syscall(SYS_setitimer, ITIMER_VIRTUAL, &much, NULL));
    setitimer(ITIMER_REAL, &none, NULL);
    getitimer(ITIMER_REAL, &much);
    dprintf(1, "interval that was set without a value: %ld\n", (long)much.it_interval.tv_sec);
    int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
    struct itimerspec spec = {{0, 0}, {1, 1000000000}};
    told("timerfd of 1000000000 ns", timerfd_settime(fd, 0, &spec, NULL));
    spec.it_value.tv_nsec = 0;
    told("TFD_TIMER_CANCEL_ON_SET",
         timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, NULL));
    if (pipe(ends))
        return 1;
    pid_t child = fork();
    if (child == 0)
        _exit(read(ends[0], &byte, 1) != 1);
    told("thread's clock of another process",
         syscall(SYS_clock_gettime, (int)(~(unsigned)child << 3 | 6), &now));
    if (write(ends[1], "x", 1) == 1)
        wait(NULL);
    int odd = 0;
    for (int i = 0; i < 100; i++) {
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        odd += now.tv_nsec % 10000000 != 0;
    }
    dprintf(1, "CPU time is counted in pieces of 10 ms: %d\n", odd == 0);
    if (setresuid(1000, 1000, 1000))
        return 1;
    told("setting the monotonic clock as a user", syscall(SYS_clock_settime, CLOCK_MONOTONIC, &now));
}
