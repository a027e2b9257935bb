/* Contract: each thread has a CPU clock that others of its process can read; it stands while the
 * thread sleeps, and the clock of the process is the sum, the ended ones included.
 * Source: pthread_getcpuclockid(3), kernel/time/posix-cpu-timers.c. */
#include "../contract.h"
#include <pthread.h>
#include <sched.h>
#include <time.h>

static int go[2], done[2];
static pid_t tid;

static long long now(clockid_t clock)
{
    struct timespec time;
    expect(clock_gettime(clock, &time) == 0, "clock_gettime");
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void *worker(void *unused)
{
    char byte;
    while (now(CLOCK_THREAD_CPUTIME_ID) < 10000000)
        ;
    tid = (pid_t)syscall(SYS_gettid);
    expect(write(done[1], "", 1) == 1, "done");
    expect(read(go[0], &byte, 1) == 1, "go");
    return unused;
}

int main(void)
{
    pthread_t thread;
    clockid_t clock, own;
    char byte;
    struct timespec nap = {0, 3000000};
    expect(pipe(go) == 0 && pipe(done) == 0, "pipes");
    expect(pthread_create(&thread, NULL, worker, NULL) == 0, "pthread_create");
    expect(pthread_getcpuclockid(thread, &clock) == 0, "pthread_getcpuclockid");
    expect(pthread_getcpuclockid(pthread_self(), &own) == 0, "pthread_getcpuclockid");
    expect(read(done[0], &byte, 1) == 1, "done");
    wait_for_state(tid, 'S');
    long long first = now(clock);
    step("worker", "%s", first >= 10000000 ? "at least 10 ms" : "less");
    expect(nanosleep(&nap, NULL) == 0, "nanosleep");
    step("asleep", "%s", now(clock) == first ? "stands" : "moves");
    long long mine = now(CLOCK_THREAD_CPUTIME_ID);
    step("own clock by id", "%s", now(own) >= mine ? "the same" : "another");
    step("process", "%s", now(CLOCK_PROCESS_CPUTIME_ID) >= first + mine ? "the sum" : "less");
    expect(write(go[1], "", 1) == 1, "go");
    expect(pthread_join(thread, NULL) == 0, "pthread_join");
    step("process after the end of the worker", "%s",
         now(CLOCK_PROCESS_CPUTIME_ID) >= first + mine ? "not less" : "less");
    while (syscall(SYS_tgkill, getpid(), tid, 0) == 0)
        sched_yield(); /* joined is not quite gone */
    expect_errno(syscall(SYS_clock_gettime, clock, &nap), EINVAL, "clock of the ended thread");
    contract_pass();
}
