/* Contract: without CAP_SYS_NICE and with RLIMIT_RTPRIO 0 no real-time policy can be had; one that
 * the process has may be kept, lowered and given up, not raised; SCHED_IDLE can be had, not left.
 * Requires: CAP_SYS_NICE
 * Source: sched(7), kernel/sched/syscalls.c:user_check_sched_setscheduler. */
#include "../contract.h"
#include <sched.h>
#include <sys/resource.h>

static void set(const char *name, int policy, int priority)
{
    errno = 0;
    step_result(name, syscall(SYS_sched_setscheduler, 0, policy, &priority));
    expect(syscall(SYS_sched_getparam, 0, &priority) == 0, "sched_getparam");
    step("now", "policy %ld priority %d", syscall(SYS_sched_getscheduler, 0), priority);
}

int main(void)
{
    struct rlimit limit;
    expect(getrlimit(RLIMIT_RTPRIO, &limit) == 0, "getrlimit");
    limit.rlim_cur = 0;
    expect(setrlimit(RLIMIT_RTPRIO, &limit) == 0, "setrlimit");
    set("FIFO 10 with the capability", SCHED_FIFO, 10);
    expect(setresuid(1000, 1000, 1000) == 0, "setresuid");
    set("FIFO 10 again", SCHED_FIFO, 10);
    set("FIFO 11", SCHED_FIFO, 11);
    set("FIFO 5", SCHED_FIFO, 5);
    set("FIFO 6", SCHED_FIFO, 6);
    set("RR 5", SCHED_RR, 5);
    set("OTHER", SCHED_OTHER, 0);
    set("FIFO 1", SCHED_FIFO, 1);
    set("BATCH", SCHED_BATCH, 0);
    set("IDLE", SCHED_IDLE, 0);
    set("IDLE again", SCHED_IDLE, 0);
    set("OTHER from IDLE", SCHED_OTHER, 0);
    contract_pass();
}
