/* Contract: CLOCK_REALTIME is the time since 1970, not since the start; time, gettimeofday and
 * the coarse clock tell the same, the latter never ahead.
 * Source: clock_gettime(2), kernel/time/timekeeping.c. */
#include "../contract.h"
#include <sys/time.h>
#include <time.h>

static long long nanoseconds(clockid_t clock)
{
    struct timespec now;
    expect(clock_gettime(clock, &now) == 0, "clock_gettime");
    expect(now.tv_nsec >= 0 && now.tv_nsec < 1000000000, "normalised");
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(void)
{
    long long before = nanoseconds(CLOCK_REALTIME);
    struct timeval day;
    expect(gettimeofday(&day, NULL) == 0, "gettimeofday");
    time_t seconds = time(NULL), stored = 0;
    time_t returned = time(&stored);
    long long after = nanoseconds(CLOCK_REALTIME);
    long long microseconds = day.tv_sec * 1000000LL + day.tv_usec;
    step("after 2024", "%s", before / 1000000000 > 1704067200 ? "yes" : "no");
    step("before 2100", "%s", before / 1000000000 < 4102444800 ? "yes" : "no");
    step("gettimeofday in between", "%s",
         microseconds >= before / 1000 && microseconds <= after / 1000 ? "yes" : "no");
    step("time not ahead", "%s", seconds <= after / 1000000000 ? "yes" : "no");
    step("time at most a second behind", "%s", seconds >= before / 1000000000 - 1 ? "yes" : "no");
    step("time stores what it returns", "%s", stored == returned ? "yes" : "no");
    long long coarse = nanoseconds(CLOCK_REALTIME_COARSE), fine = nanoseconds(CLOCK_REALTIME);
    step("coarse is not ahead", "%s", coarse <= fine ? "yes" : "no");
    step("coarse is less than 100 ms behind what was before", "%s",
         coarse > before - 100000000 ? "yes" : "no");
    step("monotonic counts from another start", "%s",
         nanoseconds(CLOCK_MONOTONIC) < before - 1000000000000000LL ? "yes" : "no");
    step_result("raw gettimeofday without arguments", syscall(SYS_gettimeofday, NULL, NULL));
    contract_pass();
}
