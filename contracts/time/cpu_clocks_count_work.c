/* Contract: the CPU-time clocks of process and thread advance with work and stand still, more or
 * less, in a sleep; the clock of another process has an id of its own.
 * Source: clock_gettime(2), clock_getcpuclockid(3), kernel/time/posix-cpu-timers.c. */
#include "../contract.h"
#include <time.h>

static volatile unsigned long work;

static long long nanoseconds(clockid_t clock)
{
    struct timespec now;
    expect(clock_gettime(clock, &now) == 0, "clock_gettime");
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(void)
{
    clockid_t own;
    expect(clock_getcpuclockid(getpid(), &own) == 0, "clock_getcpuclockid");
    long long process = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    long long thread = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
    long long by_id = nanoseconds(own), real = nanoseconds(CLOCK_MONOTONIC);
    while (nanoseconds(CLOCK_PROCESS_CPUTIME_ID) < process + 5000000)
        for (int i = 0; i < 10000; i++)
            work += (unsigned)i;
    long long worked = nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - process;
    step("5 ms of work", "%s", worked >= 5000000 ? "yes" : "no");
    step("thread's clock moved as much", "%s",
         nanoseconds(CLOCK_THREAD_CPUTIME_ID) - thread >= 4000000 ? "yes" : "no");
    step("clock by id too", "%s", nanoseconds(own) - by_id >= 4000000 ? "yes" : "no");
    step("no more than real time", "%s",
         worked <= nanoseconds(CLOCK_MONOTONIC) - real + 1000000 ? "yes" : "no");

    struct timespec nap = {0, 40000000};
    process = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    expect(nanosleep(&nap, NULL) == 0, "nanosleep");
    step("a sleep of 40 ms counts less than 20", "%s",
         nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - process < 20000000 ? "yes" : "no");
    contract_pass();
}
