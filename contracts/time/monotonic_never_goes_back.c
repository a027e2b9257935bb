/* Contract: the monotonic clocks never go back, their coarse one is never ahead, boot time is
 * not behind, and all move on during a sleep.
 * Source: clock_gettime(2), kernel/time/timekeeping.c. */
#include "../contract.h"
#include <time.h>

static long long nanoseconds(clockid_t clock, int raw)
{
    struct timespec now;
    if (raw)
        expect(syscall(SYS_clock_gettime, clock, &now) == 0, "raw clock_gettime");
    else
        expect(clock_gettime(clock, &now) == 0, "clock_gettime");
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(void)
{
    static const clockid_t clocks[] = {CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME,
                                       CLOCK_MONOTONIC_COARSE};
    static const char *const names[] = {"monotonic", "raw", "boot time", "coarse"};
    long long before[4];
    for (int i = 0; i < 4; i++) {
        long long last = before[i] = nanoseconds(clocks[i], 0);
        int backwards = 0;
        for (int k = 0; k < 1000; k++) {
            long long now = nanoseconds(clocks[i], k % 2);
            backwards += now < last;
            last = now;
        }
        step(names[i], "went back %d times", backwards);
    }
    struct timespec nap = {0, 30000000};
    expect(nanosleep(&nap, NULL) == 0, "nanosleep");
    for (int i = 0; i < 4; i++)
        step(names[i], "moved by at least 20 ms: %s",
             nanoseconds(clocks[i], 0) - before[i] >= 20000000 ? "yes" : "no");
    long long coarse = nanoseconds(CLOCK_MONOTONIC_COARSE, 0);
    long long fine = nanoseconds(CLOCK_MONOTONIC, 0), boot = nanoseconds(CLOCK_BOOTTIME, 0);
    step("coarse is not ahead", "%s", coarse <= fine ? "yes" : "no");
    step("boot time is not behind", "%s", boot >= fine ? "yes" : "no");
    contract_pass();
}
