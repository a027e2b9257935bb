/* Contract: the CPU clock of another process moves with its work and stands while it sleeps; one
 * of its threads has none for us; a dead process has no clock.
 * Source: clock_getcpuclockid(3), kernel/time/posix-cpu-timers.c:pid_for_clock. */
#include "../contract.h"
#include <time.h>

static clockid_t process_clock(pid_t pid)
{
    return (clockid_t)(~(unsigned)pid << 3 | 2);
}

static long long now(clockid_t clock)
{
    struct timespec time;
    expect(clock_gettime(clock, &time) == 0, "clock_gettime");
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(void)
{
    int go[2], done[2];
    char byte;
    struct timespec nap = {0, 5000000}, time;
    expect(pipe(go) == 0 && pipe(done) == 0, "pipes");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        expect(read(go[0], &byte, 1) == 1, "go");
        while (now(CLOCK_PROCESS_CPUTIME_ID) < 20000000)
            ;
        expect(write(done[1], "", 1) == 1, "done");
        expect(read(go[0], &byte, 1) == 1, "go");
        _exit(0);
    }
    clockid_t clock = process_clock(child);
    wait_for_state(child, 'S');
    long long first = now(clock);
    expect(nanosleep(&nap, NULL) == 0, "nanosleep");
    step("asleep", "%s", now(clock) == first ? "stands" : "moves");
    expect(write(go[1], "", 1) == 1, "go");
    expect(read(done[0], &byte, 1) == 1, "done");
    step("after 20 ms of work", "%s", now(clock) >= 20000000 ? "at least 20 ms" : "less");
    step_result("resolution", clock_getres(clock, &time));
    step("nanoseconds", "%ld", time.tv_nsec);
    time.tv_sec = 0;
    expect_errno(clock_settime(clock, &time), EPERM, "set it");
    expect_errno(clock_gettime(clock | 4, &time), EINVAL, "thread clock of another process");
    expect_errno(clock_gettime((clock & ~3) | 3, &time), EINVAL, "no such kind of clock");
    expect(write(go[1], "", 1) == 1, "go");
    wait_for_state(child, 'Z');
    step("zombie", "%s", now(clock) >= 20000000 ? "at least 20 ms" : "less");
    wait_for_success(child);
    expect_errno(clock_gettime(clock, &time), EINVAL, "after it was waited for");
    contract_pass();
}
