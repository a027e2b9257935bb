/* What a privileged guest does to its clock; nobody may do that to the host's. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>
#include <poll.h>
#include <unistd.h>

static long now(int clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec;
}

static void timer(const char *name, int flags, int (*set)(void))
{
    int file = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
    struct itimerspec value = {{0, 0}, {now(CLOCK_REALTIME) + 1000, 0}};
    uint64_t count = 0;
    timerfd_settime(file, flags | TFD_TIMER_ABSTIME, &value, NULL);
    int result = set();
    struct pollfd watched = {file, POLLIN, 0};
    int ready = poll(&watched, 1, 0);
    long got = read(file, &count, sizeof count);
    printf("%s: set %d, ready %d, read %ld %s, count %lu\n", name, result, ready, got,
           got < 0 ? strerror(errno) : "", (unsigned long)count);
    errno = 0;
    got = read(file, &count, sizeof count);
    printf("again: %ld %s\n", got, got < 0 ? strerror(errno) : "");
    close(file);
}

static int a_little(void)
{
    struct timespec time = {now(CLOCK_REALTIME) + 10, 0};
    return clock_settime(CLOCK_REALTIME, &time);
}

static int far(void)
{
    struct timeval time = {now(CLOCK_REALTIME) + 5000, 0};
    return settimeofday(&time, NULL);
}

static int step_by_adjtimex(void)
{
    struct timex change = {.modes = ADJ_SETOFFSET | ADJ_NANO};
    change.time.tv_sec = -3;
    change.time.tv_usec = 500000000;
    return adjtimex(&change) < 0;
}

static void show(const char *name, struct timex asked)
{
    int result = adjtimex(&asked);
    printf("%s: %d, offset %ld freq %ld max %ld est %ld status %#x constant %ld tick %ld tai %d\n",
           name, result, (long)asked.offset, (long)asked.freq, (long)asked.maxerror,
           (long)asked.esterror, (unsigned)asked.status, (long)asked.constant, (long)asked.tick,
           asked.tai);
}

int main(void)
{
    timer("cancellable", TFD_TIMER_CANCEL_ON_SET, a_little);
    timer("not cancellable", 0, a_little);
    timer("due after all", 0, far);
    timer("cancelled though due", TFD_TIMER_CANCEL_ON_SET, far);
    long before = now(CLOCK_REALTIME), monotonic = now(CLOCK_MONOTONIC);
    timer("adjtimex", TFD_TIMER_CANCEL_ON_SET, step_by_adjtimex);
    printf("stepped by %ld, monotonic by %ld\n", now(CLOCK_REALTIME) - before,
           now(CLOCK_MONOTONIC) - monotonic);
    show("read", (struct timex){0});
    show("synchronised", (struct timex){.modes = ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR,
                                        .status = STA_PLL, .maxerror = 5, .esterror = 1L << 40});
    show("offset", (struct timex){.modes = ADJ_OFFSET | ADJ_MICRO, .offset = 1500});
    show("frequency", (struct timex){.modes = ADJ_FREQUENCY | ADJ_TIMECONST | ADJ_TICK,
                                     .freq = 1L << 40, .constant = 3, .tick = 9500});
    show("bad tick", (struct timex){.modes = ADJ_TICK, .tick = 8999});
    show("TAI", (struct timex){.modes = ADJ_TAI, .constant = 37});
    printf("TAI is ahead by %ld\n", now(CLOCK_TAI) - now(CLOCK_REALTIME));
    show("adjtime", (struct timex){.modes = ADJ_OFFSET_SINGLESHOT, .offset = 700});
    show("adjtime left", (struct timex){.modes = ADJ_OFFSET_SS_READ});
    before = now(CLOCK_REALTIME);
    struct timezone zone = {-60, 1}, found;
    printf("time zone %d", (int)syscall(SYS_settimeofday, NULL, &zone));
    syscall(SYS_gettimeofday, NULL, &found);
    printf(": %d %d", found.tz_minuteswest, found.tz_dsttime);
    printf(", clock moved by %ld\n", now(CLOCK_REALTIME) - before);
    return 0;
}
