/* Contract: a real-time task that computes without sleeping gets SIGXCPU at the soft RLIMIT_RTTIME,
 * which then is a second more, and SIGKILL at the hard one; sleeping starts the count again, yielding
 * does not, and other policies have no such limit.
 * Requires: CAP_SYS_NICE
 * getrlimit(2); kernel/time/posix-cpu-timers.c:check_thread_timers(). */
#include "contract.h"
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

static volatile int *shared;

static void on_limit(int number)
{
    struct rlimit limit;
    expect(getrlimit(RLIMIT_RTTIME, &limit) == 0, "getrlimit");
    shared[0]++;
    shared[1] = number;
    shared[2] = (int)limit.rlim_cur;
}

static long used_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Compute for `ms` milliseconds of CPU time; now and then sleep, or yield. */
static void compute(long ms, int sleeps, int yields)
{
    struct timespec brief = {0, 3000000};
    long end = used_ms() + ms, next = used_ms() + 5;
    for (long now; (now = used_ms()) < end;) {
        for (volatile int i = 0; i < 30000; i++)
            ;
        if (now < next)
            continue;
        next = now + 5;
        if (sleeps)
            nanosleep(&brief, NULL);
        if (yields)
            sched_yield();
    }
}

/* One with a limit to run into computes longer: what counts are ticks, which a machine may lose. */
static void try(const char *name, int policy, long soft, long hard, int sleeps, int yields)
{
    struct sched_param parameter = {.sched_priority = policy ? 1 : 0};
    int status = 0;
    shared[0] = shared[1] = shared[2] = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {soft, hard};
        signal(SIGXCPU, on_limit);
        expect(setrlimit(RLIMIT_RTTIME, &limit) == 0, "setrlimit");
        expect(syscall(SYS_sched_setscheduler, 0, policy, &parameter) == 0, "sched_setscheduler");
        compute(policy && !sleeps ? 200 : 48, sleeps, yields);
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step(name, "%d of signal %d, soft limit %d, status %#x", shared[0], shared[1], shared[2],
         (unsigned)status);
}

int main(void)
{
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    try("SCHED_FIFO", SCHED_FIFO, 20000, 10000000, 0, 0);
    try("SCHED_RR", SCHED_RR, 20000, 10000000, 0, 0);
    try("SCHED_OTHER", SCHED_OTHER, 20000, 10000000, 0, 0);
    try("with sleeps", SCHED_FIFO, 20000, 10000000, 1, 0);
    try("with yields", SCHED_FIFO, 20000, 10000000, 0, 1);
    try("the hard one, too", SCHED_FIFO, 16000, 36000, 0, 0);
    try("the hard one alone", SCHED_FIFO, 20000, 20000, 0, 0);
    contract_pass();
}
