/* Contract: times counts in hundredths of a second: user time as work is done, children's only
 * after they were waited for; its result never goes back.
 * Source: times(2), kernel/sys.c:do_sys_times. */
#include "../contract.h"
#include <sys/times.h>
#include <sys/wait.h>

static volatile unsigned long work;

static void work_for(clock_t ticks)
{
    struct tms begin, now;
    expect(times(&begin) != (clock_t)-1, "times");
    do {
        for (int i = 0; i < 10000; i++)
            work += (unsigned)i;
        expect(times(&now) != (clock_t)-1, "times");
    } while (now.tms_utime + now.tms_stime < begin.tms_utime + begin.tms_stime + ticks);
}

int main(void)
{
    struct tms before, after;
    step("ticks a second", "%ld", sysconf(_SC_CLK_TCK));
    clock_t first = times(&before);
    work_for(1);
    clock_t second = times(&after);
    step("time moved", "%s", second >= first ? "on" : "back");
    step("own time moved", "%s", after.tms_utime + after.tms_stime >
         before.tms_utime + before.tms_stime ? "yes" : "no");
    step("children", "%ld %ld", (long)after.tms_cutime, (long)after.tms_cstime);
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        work_for(2);
        _exit(0);
    }
    wait_for_state(child, 'Z');
    expect(times(&after) != (clock_t)-1, "times");
    step("children before wait", "%ld", (long)(after.tms_cutime + after.tms_cstime));
    wait_for_success(child);
    expect(times(&after) != (clock_t)-1, "times");
    step("children after wait", "%s",
         after.tms_cutime + after.tms_cstime >= 1 ? "at least 1 tick" : "less");
    step("without a buffer", "%s", syscall(SYS_times, NULL) >= second ? "not back" : "back");
    expect_errno(syscall(SYS_times, (void *)8), EFAULT, "bad pointer");
    contract_pass();
}
