/* Contract: sched_getattr fills what fits the size it is given, sched_setattr changes policy and
 * nice value together; sizes and flags that make no sense are refused.
 * Source: sched_setattr(2), kernel/sched/syscalls.c:sched_getattr. */
#include "../contract.h"
#include <stdint.h>
#include <sys/resource.h>

struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

static void show(const char *name)
{
    struct attributes now;
    memset(&now, 0xee, sizeof now);
    expect(syscall(SYS_sched_getattr, 0, &now, sizeof now, 0) == 0, "sched_getattr");
    step(name, "size %u policy %u flags %llu nice %d priority %u", now.size, now.policy,
         (unsigned long long)now.flags, now.nice, now.priority);
}

int main(void)
{
    struct attributes set = {.size = sizeof set, .nice = 6};
    expect(syscall(SYS_sched_setattr, 0, &set, 0) == 0, "start");
    show("at first");
    set = (struct attributes){.size = sizeof set, .policy = 3, .nice = 9};
    step_result("SCHED_BATCH, nice 9", syscall(SYS_sched_setattr, 0, &set, 0));
    show("now");
    step("getpriority", "%d", getpriority(PRIO_PROCESS, 0));
    set.size = 47;
    expect_errno(syscall(SYS_sched_setattr, 0, &set, 0), E2BIG, "size 47");
    set.size = 0;
    step_result("size 0 means the first version", syscall(SYS_sched_setattr, 0, &set, 0));
    set.size = sizeof set;
    set.flags = 1ULL << 40;
    expect_errno(syscall(SYS_sched_setattr, 0, &set, 0), EINVAL, "unknown flag");
    set.flags = 0;
    expect_errno(syscall(SYS_sched_setattr, 0, &set, 1), EINVAL, "flags of the call");
    expect_errno(syscall(SYS_sched_setattr, -1, &set, 0), EINVAL, "pid -1");
    expect_errno(syscall(SYS_sched_setattr, 0, NULL, 0), EINVAL, "no attributes");
    expect_errno(syscall(SYS_sched_getattr, 0, &set, 47, 0), EINVAL, "get, size 47");
    expect_errno(syscall(SYS_sched_getattr, 0, &set, sizeof set, 1), EINVAL, "get, flags");
    expect_errno(syscall(SYS_sched_getattr, 0x7fffffff, &set, sizeof set, 0), ESRCH, "nobody");
    contract_pass();
}
