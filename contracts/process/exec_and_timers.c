/* Contract: over execve the interval timer goes on, POSIX timers are gone; over fork both are
 * the parent's alone.
 * Source: execve(2), fork(2), kernel/time/posix-timers.c:exit_itimers. */
#include "../contract.h"
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

static void show(const char *name, int timer)
{
    struct itimerval left;
    struct itimerspec left_posix;
    expect(getitimer(ITIMER_REAL, &left) == 0, "getitimer");
    step(name, "interval timer: %s, interval %ld s",
         left.it_value.tv_sec > 500 ? "runs" : left.it_value.tv_sec == 0 ? "is off" : "?",
         (long)left.it_interval.tv_sec);
    long result = syscall(SYS_timer_gettime, timer, &left_posix);
    step(name, "POSIX timer: %s", result == 0 ? "there" : errno_name(errno));
}

int main(int argc, char **argv)
{
    if (argc == 1) {
        int timer = -1;
        struct itimerval later = {{77, 0}, {1000, 0}};
        struct itimerspec later_posix = {.it_value = {1000, 0}};
        expect(setitimer(ITIMER_REAL, &later, NULL) == 0, "setitimer");
        expect(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &timer) == 0, "timer_create");
        expect(syscall(SYS_timer_settime, timer, 0, &later_posix, NULL) == 0, "timer_settime");
        show("before", timer);
        pid_t child = fork();
        expect(child >= 0, "fork");
        if (child == 0) {
            show("child", timer);
            _exit(0);
        }
        wait_for_success(child);
        char number[12];
        snprintf(number, sizeof number, "%d", timer);
        char *arguments[] = {argv[0], number, NULL};
        execv("/proc/self/exe", arguments);
        contract_fail("execv", "returned, errno %s", errno_name(errno));
    }
    show("after", atoi(argv[1]));
    contract_pass();
}
