/* Contract: which clocks exist, that fine ones claim a nanosecond and coarse ones a tick, and
 * what clock_gettime, clock_getres and clock_settime refuse.
 * Source: clock_getres(2), kernel/time/posix-timers.c. */
#include "../contract.h"
#include <sys/wait.h>
#include <time.h>

int main(void)
{
    static const int clocks[] = {0, 1, 2, 3, 4, 5, 6, 7, 11, 10, 100, -1};
    struct timespec value;
    for (int i = 0; i < 12; i++) {
        char name[24];
        snprintf(name, sizeof name, "clock %d", clocks[i]);
        step_result(name, syscall(SYS_clock_gettime, clocks[i], &value));
        value = (struct timespec){9, 9};
        long result = syscall(SYS_clock_getres, clocks[i], &value);
        if (result == 0)
            step("resolution", "%s",
                 value.tv_sec == 0 && value.tv_nsec == 1 ? "1 ns" :
                 value.tv_sec == 0 && value.tv_nsec >= 1000000 ? "a tick" : "?");
        else
            step_result("resolution", result);
    }
    step_result("resolution, no pointer", syscall(SYS_clock_getres, 1, NULL));
    expect_errno(syscall(SYS_clock_getres, 100, NULL), EINVAL, "resolution, no clock");
    expect_errno(syscall(SYS_clock_gettime, 1, (void *)8), EFAULT, "bad pointer");
    expect_errno(syscall(SYS_clock_settime, 1, &value), EINVAL, "set the monotonic clock");
    value = (struct timespec){1000000000, 1000000000};
    expect_errno(syscall(SYS_clock_settime, 0, &value), EINVAL, "set to 1e9 ns");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        if (geteuid() == 0)
            expect(syscall(SYS_setresuid, 65534, 65534, 65534) == 0, "setresuid");
        value.tv_nsec = 0;
        expect_errno(syscall(SYS_clock_settime, 0, &value), EPERM, "set without privilege");
        _exit(0);
    }
    wait_for_success(child);
    contract_pass();
}
