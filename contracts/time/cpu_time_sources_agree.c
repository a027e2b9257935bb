/* Contract: the CPU clock, getrusage, times and /proc/self/stat tell the same CPU time, the last
 * two in ticks, and the first field of schedstat too.
 * Source: clock_gettime(2), getrusage(2), proc_pid_stat(5), kernel/sched/cputime.c. */
#include "../contract.h"
#include <sys/resource.h>
#include <sys/times.h>
#include <time.h>

static long long by_clock(void)
{
    struct timespec time;
    expect(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0, "clock_gettime");
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static long long by_rusage(void)
{
    struct rusage usage;
    expect(getrusage(RUSAGE_SELF, &usage) == 0, "getrusage");
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000LL +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000LL;
}

static long long by_times(void)
{
    struct tms used;
    expect(times(&used) != (clock_t)-1, "times");
    return (used.tms_utime + used.tms_stime) * 10000000LL;
}

static long long by_stat(void)
{
    char text[1024];
    unsigned long user, kernel;
    FILE *file = fopen("/proc/self/stat", "r");
    expect(file != NULL && fgets(text, sizeof text, file) != NULL, "stat");
    fclose(file);
    expect(sscanf(strrchr(text, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                  &user, &kernel) == 2, "fields");
    return (user + kernel) * 10000000LL;
}

static long long by_schedstat(void)
{
    char text[128];
    long long ran, waited, slices;
    FILE *file = fopen("/proc/self/schedstat", "r");
    expect(file != NULL && fgets(text, sizeof text, file) != NULL, "schedstat");
    fclose(file);
    expect(sscanf(text, "%lld %lld %lld", &ran, &waited, &slices) == 3, "fields");
    return ran;
}

static void compare(const char *name, long long (*source)(void), long long coarse)
{
    long long before = by_clock(), value = source(), after = by_clock();
    step(name, "%s, %s", value >= before - coarse ? "not less" : "less",
         value <= after + coarse ? "not more" : "more");
}

int main(void)
{
    while (by_clock() < 60000000)
        for (volatile int i = 0; i < 200000; i++)
            ;
    compare("getrusage", by_rusage, 10000000);
    compare("times", by_times, 30000000);
    compare("stat", by_stat, 30000000);
    compare("schedstat", by_schedstat, 10000000);
    contract_pass();
}
