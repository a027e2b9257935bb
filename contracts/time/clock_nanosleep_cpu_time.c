/* Contract: clock_nanosleep waits for CPU time of the process while another thread uses it, and of
 * another process; not for the caller's own, and not on clocks that make no timers.
 * Source: clock_nanosleep(2), kernel/time/posix-cpu-timers.c:posix_cpu_nsleep. */
#include "../contract.h"
#include <pthread.h>
#include <time.h>

static volatile int stop;

static long long now(clockid_t clock)
{
    struct timespec time;
    expect(clock_gettime(clock, &time) == 0, "clock_gettime");
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void *worker(void *unused)
{
    while (!stop)
        ;
    return unused;
}

static void sleep_on(const char *name, clockid_t clock)
{
    struct timespec span = {0, 12000000};
    long long before = now(clock);
    step_result(name, syscall(SYS_clock_nanosleep, clock, 0, &span, NULL));
    step(name, "%s", now(clock) - before >= 12000000 ? "not early" : "early");
    long long until = now(clock) + 12000000;
    span = (struct timespec){until / 1000000000, until % 1000000000};
    step_result(name, syscall(SYS_clock_nanosleep, clock, TIMER_ABSTIME, &span, NULL));
    step(name, "%s", now(clock) >= until ? "not early" : "early");
    step_result("in the past", syscall(SYS_clock_nanosleep, clock, TIMER_ABSTIME, &span, NULL));
}

int main(void)
{
    pthread_t thread;
    struct timespec span = {0, 1000000};
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0)
        for (;;)
            ;
    sleep_on("child", (clockid_t)(~(unsigned)child << 3 | 2));
    expect(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child, "kill");

    expect(pthread_create(&thread, NULL, worker, NULL) == 0, "pthread_create");
    sleep_on("process", CLOCK_PROCESS_CPUTIME_ID);
    stop = 1;
    expect(pthread_join(thread, NULL) == 0, "pthread_join");

    expect_errno(syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &span, NULL), EOPNOTSUPP,
                 "own thread");
    expect_errno(syscall(SYS_clock_nanosleep, (clockid_t)(~0u << 3 | 6), 0, &span, NULL), EINVAL,
                 "own thread by id");
    expect_errno(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC_RAW, 0, &span, NULL), EOPNOTSUPP,
                 "CLOCK_MONOTONIC_RAW");
    expect_errno(syscall(SYS_clock_nanosleep, CLOCK_REALTIME_COARSE, 0, &span, NULL), EOPNOTSUPP,
                 "CLOCK_REALTIME_COARSE");
    contract_pass();
}
