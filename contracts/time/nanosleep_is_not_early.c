/* Contract: nanosleep returns 0 no earlier than asked, at once for nothing; negative seconds and
 * nanoseconds outside 0..999999999 are EINVAL.
 * Source: nanosleep(2), kernel/time/hrtimer.c:nanosleep. */
#include "../contract.h"
#include <time.h>

static long long now(void)
{
    struct timespec value;
    expect(clock_gettime(CLOCK_MONOTONIC, &value) == 0, "clock_gettime");
    return value.tv_sec * 1000000000LL + value.tv_nsec;
}

static long raw(long seconds, long nanoseconds)
{
    struct timespec asked = {seconds, nanoseconds};
    return syscall(SYS_nanosleep, &asked, NULL);
}

int main(void)
{
    static const long asked[] = {1, 1000, 999999, 20000000};
    for (int i = 0; i < 4; i++) {
        struct timespec nap = {0, asked[i]}, left = {77, 77};
        char name[32];
        snprintf(name, sizeof name, "%ld ns", asked[i]);
        long long before = now();
        step_result(name, nanosleep(&nap, &left));
        step("not early", "%s", now() - before >= asked[i] ? "yes" : "no");
        step("remainder", "%ld %ld", (long)left.tv_sec, left.tv_nsec);
    }
    step_result("nothing", raw(0, 0));
    expect_errno(raw(0, 1000000000), EINVAL, "1e9 ns");
    expect_errno(raw(0, -1), EINVAL, "-1 ns");
    expect_errno(raw(-1, 0), EINVAL, "-1 s");
    expect_errno(syscall(SYS_nanosleep, (void *)8, NULL), EFAULT, "bad pointer");
    expect_errno(syscall(SYS_nanosleep, NULL, NULL), EFAULT, "no pointer");
    step_result("bad remainder, not interrupted",
                syscall(SYS_nanosleep, &(struct timespec){0, 1}, (void *)8));
    contract_pass();
}
