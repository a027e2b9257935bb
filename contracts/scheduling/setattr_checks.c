/* Contract: sched_setattr checks policy, priority and flags before anything changes; KEEP_POLICY
 * and KEEP_PARAMS leave alone what they name; more bytes than are known must be 0.
 * Requires: CAP_SYS_NICE
 * Source: sched_setattr(2), kernel/sched/syscalls.c:__sched_setscheduler. */
#include "../contract.h"
#include <stdint.h>

struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period, more[8];
};

static void set(const char *name, uint32_t policy, uint64_t flags, int nice, uint32_t priority)
{
    struct attributes wanted = {.size = 48, .policy = policy, .flags = flags, .nice = nice,
                                .priority = priority}, now;
    errno = 0;
    step_result(name, syscall(SYS_sched_setattr, 0, &wanted, 0));
    expect(syscall(SYS_sched_getattr, 0, &now, 48, 0) == 0, "sched_getattr");
    step("now", "policy %u flags %llu nice %d priority %u", now.policy,
         (unsigned long long)now.flags, now.nice, now.priority);
}

int main(void)
{
    struct attributes wanted = {.size = sizeof wanted};
    set("nice 3", 0, 0, 3, 0);
    set("nice 100", 0, 0, 100, 0);
    set("nice -100", 0, 0, -100, 0);
    set("SCHED_OTHER with a priority", 0, 0, 0, 1);
    set("SCHED_FIFO without one", 1, 0, 0, 0);
    set("SCHED_FIFO 99", 1, 0, 0, 99);
    set("SCHED_FIFO 100", 1, 0, 0, 100);
    set("policy 4", 4, 0, 0, 0);
    set("policy 99", 99, 0, 0, 0);
    set("keep policy", 0, 0x08, 0, 7);
    set("keep parameters", 2, 0x10, 0, 0);
    set("keep both", 0, 0x18, 5, 5);
    set("SCHED_DEADLINE without times", 6, 0, 0, 0);
    set("SCHED_OTHER, reset on fork", 0, 1, 2, 0);
    set("SCHED_IDLE", 5, 0, 0, 0);
    wanted.more[2] = 1;
    expect_errno(syscall(SYS_sched_setattr, 0, &wanted, 0), E2BIG, "unknown bytes");
    step("known size", "%s", wanted.size >= 48 && wanted.size < sizeof wanted ? "told" : "no");
    wanted.size = sizeof wanted;
    wanted.more[2] = 0;
    step_result("bytes of 0", syscall(SYS_sched_setattr, 0, &wanted, 0));
    contract_pass();
}
