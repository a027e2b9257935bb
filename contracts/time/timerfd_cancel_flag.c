/* Contract: TFD_TIMER_CANCEL_ON_SET is taken for any timer and shows in fdinfo; while nobody sets
 * the clock it changes nothing, and only absolute ones of CLOCK_REALTIME could be cancelled.
 * Source: timerfd_create(2), fs/timerfd.c:timerfd_setup_cancel, timerfd_show. */
#include "../contract.h"
#include <stdint.h>
#include <sys/timerfd.h>
#include <time.h>

#ifndef TFD_TIMER_CANCEL_ON_SET
#define TFD_TIMER_CANCEL_ON_SET 2
#endif

static void show(int file)
{
    char path[64], line[128];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", file);
    FILE *info = fopen(path, "r");
    expect(info != NULL, "fdinfo");
    while (fgets(line, sizeof line, info) != NULL)
        if (strncmp(line, "clockid", 7) == 0 || strncmp(line, "ticks", 5) == 0 ||
            strncmp(line, "settime", 7) == 0 || strncmp(line, "it_interval", 11) == 0)
            printf("fdinfo %s", line);
    fclose(info);
}

static void try(const char *name, int clock, int flags)
{
    int file = timerfd_create(clock, 0);
    struct itimerspec value = {{0, 30000}, {0, 1}};
    uint64_t count = 0;
    expect(file >= 0, "timerfd_create");
    if (flags & TFD_TIMER_ABSTIME) {
        value.it_interval.tv_nsec = 0;
        expect(clock_gettime(clock, &value.it_value) == 0, "clock_gettime");
    }
    step_result(name, timerfd_settime(file, flags, &value, NULL));
    expect(read(file, &count, sizeof count) == sizeof count, "read");
    step("expired", "%s", count >= 1 ? "yes" : "no");
    value = (struct itimerspec){{5, 0}, {4000000000L, 0}};
    expect(timerfd_settime(file, flags, &value, NULL) == 0, "timerfd_settime");
    show(file);
    close(file);
}

int main(void)
{
    try("relative", CLOCK_REALTIME, TFD_TIMER_CANCEL_ON_SET);
    try("absolute", CLOCK_REALTIME, TFD_TIMER_CANCEL_ON_SET | TFD_TIMER_ABSTIME);
    try("monotonic", CLOCK_MONOTONIC, TFD_TIMER_CANCEL_ON_SET | TFD_TIMER_ABSTIME);
    try("boot time", CLOCK_BOOTTIME, TFD_TIMER_ABSTIME);
    int file = timerfd_create(CLOCK_REALTIME, 0);
    struct itimerspec value = {{0, 0}, {1, 0}};
    expect_errno(timerfd_settime(file, 4, &value, NULL), EINVAL, "unknown flag");
    contract_pass();
}
