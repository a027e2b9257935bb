/* Contract: unshare(CLONE_NEWTIME) makes a time namespace for children; its offsets to the monotonic
 * and the boot-time clock can be written until somebody is in it. They hold for clocks, uptime,
 * absolute sleeps and timers of those in it, and not for CLOCK_REALTIME.
 * Requires: CAP_SYS_ADMIN, CAP_SYS_TIME
 * Source: time_namespaces(7); kernel/time/namespace.c. */
#include "../contract.h"
#include <sched.h>
#include <sys/sysinfo.h>
#include <sys/timerfd.h>
#include <time.h>

static long base;

static long seconds(int clock)
{
    struct timespec now;
    expect(clock_gettime(clock, &now) == 0, "clock_gettime");
    return now.tv_sec;
}

/* In thousands: no run takes a quarter of an hour. */
static long shift(long now)
{
    return (now - base + 500) / 1000;
}

static void show(const char *who)
{
    char text[256];
    struct sysinfo info;
    int fd = open("/proc/self/timens_offsets", O_RDONLY);
    long got = read(fd, text, sizeof text - 1);
    close(fd);
    text[got > 0 ? got : 0] = 0;
    step(who, "offsets\n%s", text);
    step(who, "monotonic %ld, raw %ld, coarse %ld, boottime %ld", shift(seconds(CLOCK_MONOTONIC)),
         shift(seconds(CLOCK_MONOTONIC_RAW)), shift(seconds(CLOCK_MONOTONIC_COARSE)),
         shift(seconds(CLOCK_BOOTTIME)));
    expect(sysinfo(&info) == 0, "sysinfo");
    fd = open("/proc/uptime", O_RDONLY);
    got = read(fd, text, sizeof text - 1);
    close(fd);
    text[got > 0 ? got : 0] = 0;
    step(who, "sysinfo %ld, uptime %ld", shift(info.uptime), shift(atol(text)));
}

static void store(const char *text)
{
    int fd = open("/proc/self/timens_offsets", O_WRONLY);
    char name[64];
    snprintf(name, sizeof name, "write %.*s", (int)strcspn(text, "\n"), text);
    step_result(name, write(fd, text, strlen(text)));
    close(fd);
}

static void wait_until(int clock)
{
    struct timespec now, left = {0, 0};
    clock_gettime(clock, &now);
    now.tv_nsec += 20000000;
    if (now.tv_nsec >= 1000000000) {
        now.tv_nsec -= 1000000000;
        now.tv_sec++;
    }
    step("absolute sleep", "%d", clock_nanosleep(clock, TIMER_ABSTIME, &now, NULL));
    clock_gettime(clock, &left);
    step("not early", "%d", left.tv_sec > now.tv_sec ||
         (left.tv_sec == now.tv_sec && left.tv_nsec >= now.tv_nsec));
    struct itimerspec set = {.it_value = now};
    unsigned long long count = 0;
    int fd = timerfd_create(clock, 0);
    expect(timerfd_settime(fd, TFD_TIMER_ABSTIME, &set, NULL) == 0, "timerfd_settime");
    expect(read(fd, &count, sizeof count) == sizeof count, "read");
    step("timerfd", "%llu", count);
    close(fd);
}

static int same(const char *one, const char *other)
{
    char a[64], b[64];
    a[readlink(one, a, sizeof a - 1)] = 0;
    b[readlink(other, b, sizeof b - 1)] = 0;
    return !strcmp(a, b);
}

int main(void)
{
    base = seconds(CLOCK_MONOTONIC);
    long wall = seconds(CLOCK_REALTIME);
    int outside = open("/proc/self/ns/time", O_RDONLY | O_CLOEXEC);
    store("monotonic 5 0\n");
    step_result("unshare", unshare(CLONE_NEWTIME));
    step("for children", "%s", same("/proc/self/ns/time", "/proc/self/ns/time_for_children")
         ? "the same" : "another");
    store("monotonic 5000 1000000000\n");
    store("monotonic -99999999 0\n");
    store("nothing 1 0\n");
    store("monotonic 1\n");
    store("realtime 1 0\n");
    store("monotonic 4000 0\nboottime 7000 0\n");
    store("1 5000 0\n");
    show("who made it");
    pid_t child = fork();
    if (child == 0) {
        show("child");
        step("wall clock", "%ld", (seconds(CLOCK_REALTIME) - wall) / 1000);
        wait_until(CLOCK_MONOTONIC);
        wait_until(CLOCK_BOOTTIME);
        store("monotonic 1 0\n");
        step("for children", "%s", same("/proc/self/ns/time", "/proc/self/ns/time_for_children")
             ? "the same" : "another");
        expect_errno(setns(outside, CLONE_NEWUTS), EINVAL, "another kind");
        step_result("setns", setns(outside, CLONE_NEWTIME));
        show("back");
        _exit(0);
    }
    wait_for_success(child);
    store("monotonic 1 0\n");
    contract_pass();
}
