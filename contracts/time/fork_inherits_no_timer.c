/* Contract: a child begins without its parent's POSIX timers, interval timers and alarm, and
 * without CPU time; the parent's go on. A timerfd is a file and is shared.
 * Source: fork(2), timer_create(2), kernel/fork.c:copy_process. */
#include "../contract.h"
#include <stdint.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>

static void show(const char *name, int timer)
{
    static const int kinds[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};
    struct itimerspec posix;
    struct itimerval value;
    long result = syscall(SYS_timer_gettime, timer, &posix);
    step(name, "POSIX timer %s", result == 0 ? "armed" : errno_name(errno));
    for (int i = 0; i < 3; i++) {
        expect(getitimer(kinds[i], &value) == 0, "getitimer");
        step(name, "interval timer %d %s, interval %ld", kinds[i],
             value.it_value.tv_sec ? "armed" : "off", (long)value.it_interval.tv_sec);
    }
}

int main(void)
{
    int timer, file = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec posix = {{0, 0}, {1000, 0}}, soon = {{0, 0}, {0, 1}};
    struct itimerval value = {{50, 0}, {1000, 0}};
    uint64_t count = 0;
    expect(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &timer) == 0, "timer_create");
    expect(syscall(SYS_timer_settime, timer, 0, &posix, NULL) == 0, "timer_settime");
    for (int kind = 0; kind < 3; kind++)
        expect(setitimer(kind, &value, NULL) == 0, "setitimer");
    show("before", timer);
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        struct timespec used;
        show("child", timer);
        step("alarm left", "%u", alarm(0));
        expect(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0, "clock_gettime");
        step("CPU time under a second", "%s", used.tv_sec == 0 ? "yes" : "no");
        expect(timerfd_settime(file, 0, &soon, NULL) == 0, "timerfd_settime");
        _exit(0);
    }
    wait_for_success(child);
    show("parent", timer);
    expect(read(file, &count, sizeof count) == sizeof count, "read");
    step("timerfd that the child set", "%llu", (unsigned long long)count);
    contract_pass();
}
