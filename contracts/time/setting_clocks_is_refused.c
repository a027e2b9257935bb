/* Contract: only CLOCK_REALTIME can be set, only by the privileged, and only to what is a time.
 * Source: clock_settime(2), settimeofday(2), kernel/time/time.c:do_sys_settimeofday64. */
#include "../contract.h"
#include <sys/time.h>
#include <time.h>

int main(void)
{
    static const struct { const char *name; clockid_t clock; } fixed[] = {
        {"CLOCK_MONOTONIC", CLOCK_MONOTONIC}, {"CLOCK_MONOTONIC_RAW", CLOCK_MONOTONIC_RAW},
        {"CLOCK_REALTIME_COARSE", CLOCK_REALTIME_COARSE}, {"CLOCK_BOOTTIME", CLOCK_BOOTTIME},
        {"CLOCK_TAI", CLOCK_TAI}, {"CLOCK_PROCESS_CPUTIME_ID", CLOCK_PROCESS_CPUTIME_ID},
        {"CLOCK_THREAD_CPUTIME_ID", CLOCK_THREAD_CPUTIME_ID}, {"99", 99}};
    struct timespec time = {1, 0};
    if (getuid() == 0)
        expect(setresuid(1000, 1000, 1000) == 0, "setresuid");
    for (unsigned i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        errno = 0;
        step_result(fixed[i].name, syscall(SYS_clock_settime, fixed[i].clock, &time));
    }
    expect_errno(syscall(SYS_clock_settime, CLOCK_REALTIME, &time), EPERM, "CLOCK_REALTIME");
    expect_errno(syscall(SYS_clock_settime, CLOCK_REALTIME, (void *)8), EFAULT, "bad pointer");
    time = (struct timespec){1, 1000000000};
    expect_errno(syscall(SYS_clock_settime, CLOCK_REALTIME, &time), EINVAL, "1e9 nanoseconds");
    time = (struct timespec){-1, 0};
    expect_errno(syscall(SYS_clock_settime, CLOCK_REALTIME, &time), EINVAL, "-1 s");
    struct timeval value = {1, 1000000};
    expect_errno(syscall(SYS_settimeofday, &value, NULL), EINVAL, "a million microseconds");
    value = (struct timeval){-1, 0};
    expect_errno(syscall(SYS_settimeofday, &value, NULL), EINVAL, "settimeofday, -1 s");
    value = (struct timeval){1, 0};
    expect_errno(syscall(SYS_settimeofday, &value, NULL), EPERM, "settimeofday");
    struct timezone zone = {0, 0};
    expect_errno(syscall(SYS_settimeofday, NULL, &zone), EPERM, "time zone");
    zone.tz_minuteswest = 16 * 60;
    expect_errno(syscall(SYS_settimeofday, NULL, &zone), EPERM, "time zone of another planet");
    contract_pass();
}
