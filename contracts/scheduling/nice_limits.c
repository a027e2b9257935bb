/* Contract: nice values are cut to -20..19; without CAP_SYS_NICE they go down only as far as
 * RLIMIT_NICE says, 20 minus the limit; going up is free.
 * Source: setpriority(2), getrlimit(2), kernel/sched/syscalls.c:can_nice. */
#include "../contract.h"
#include <sys/resource.h>

static void set(const char *name, int value)
{
    errno = 0;
    step_result(name, setpriority(PRIO_PROCESS, 0, value));
    step("nice", "%d", getpriority(PRIO_PROCESS, 0));
}

int main(void)
{
    struct rlimit limit = {0, 0};
    expect(setpriority(PRIO_PROCESS, 0, 5) == 0, "start");
    expect(getrlimit(RLIMIT_NICE, &limit) == 0, "getrlimit");
    limit.rlim_cur = 0;
    expect(setrlimit(RLIMIT_NICE, &limit) == 0, "setrlimit");
    if (getuid() == 0)
        expect(setresuid(1000, 1000, 1000) == 0, "setresuid");
    set("up to 7", 7);
    set("down to 6", 6);
    set("the same", 7);
    set("up to 100", 100);
    set("down to -100", -100);
    expect_errno(nice(-1), EPERM, "nice -1");
    step_result("nice 0", nice(0));
    expect_errno(setpriority(3, 0, 0), EINVAL, "kind 3");
    expect_errno(setpriority(PRIO_PROCESS, 0x7ffffff0, 0), ESRCH, "nobody");
    contract_pass();
}
