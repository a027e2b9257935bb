/* Contract: an absolute sleep ends when the clock has reached the time, at once if that is past,
 * and when interrupted leaves the remainder alone.
 * Source: clock_nanosleep(2), kernel/time/posix-timers.c:clock_nanosleep. */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static void on_signal(int signal)
{
    (void)signal;
}

static long raw(int clock, int flags, struct timespec asked, struct timespec *left)
{
    return syscall(SYS_clock_nanosleep, clock, flags, &asked, left);
}

static void until(const char *name, clockid_t clock)
{
    struct timespec goal, now;
    expect(clock_gettime(clock, &goal) == 0, "clock_gettime");
    goal.tv_nsec += 20000000;
    if (goal.tv_nsec >= 1000000000) {
        goal.tv_sec++;
        goal.tv_nsec -= 1000000000;
    }
    step_result(name, raw(clock, TIMER_ABSTIME, goal, NULL));
    expect(clock_gettime(clock, &now) == 0, "clock_gettime");
    step("not early", "%s", now.tv_sec > goal.tv_sec || (now.tv_sec == goal.tv_sec &&
         now.tv_nsec >= goal.tv_nsec) ? "yes" : "no");
}

int main(void)
{
    struct timespec past = {1, 0}, far = {60, 0}, left = {77, 77};
    until("monotonic", CLOCK_MONOTONIC);
    until("realtime", CLOCK_REALTIME);
    until("boot time", CLOCK_BOOTTIME);
    step_result("past", raw(CLOCK_REALTIME, TIMER_ABSTIME, past, NULL));
    expect_errno(raw(CLOCK_THREAD_CPUTIME_ID, 0, past, NULL), EOPNOTSUPP, "own CPU time");
    expect_errno(raw(100, 0, past, NULL), EINVAL, "clock 100");
    past.tv_nsec = 1000000000;
    expect_errno(raw(CLOCK_MONOTONIC, 0, past, NULL), EINVAL, "1e9 ns");
    step("libc returns the error", "%s",
         errno_name(clock_nanosleep(CLOCK_MONOTONIC, 0, &past, NULL)));

    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
    for (int flags = 0; flags <= TIMER_ABSTIME; flags += TIMER_ABSTIME) {
        struct timespec goal = {0, 0};
        expect(clock_gettime(CLOCK_MONOTONIC, &goal) == 0, "clock_gettime");
        goal.tv_sec += far.tv_sec;
        pid_t parent = getpid(), child = fork();
        expect(child >= 0, "fork");
        if (child == 0) {
            wait_for_state(parent, 'S');
            kill(parent, SIGUSR1);
            _exit(0);
        }
        expect_errno(raw(CLOCK_MONOTONIC, flags, flags ? goal : far, &left), EINTR,
                     flags ? "absolute" : "relative");
        step("remainder", "%s", left.tv_sec == 77 ? "left alone" : "written");
        left = (struct timespec){77, 77};
        wait_for_success(child);
    }
    contract_pass();
}
