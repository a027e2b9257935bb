/* Contract: a privileged process may become SCHED_FIFO or SCHED_RR; fork inherits that, unless
 * SCHED_RESET_ON_FORK was given, which shows in the policy.
 * Requires: CAP_SYS_NICE, Linux 6.12
 * Source: sched(7), kernel/sched/core.c:sched_fork. */
#include "../contract.h"
#include <sys/wait.h>
#include <time.h>

static void show(const char *name)
{
    int priority = -1;
    struct timespec slice = {-1, -1};
    long policy = syscall(SYS_sched_getscheduler, 0);
    expect(syscall(SYS_sched_getparam, 0, &priority) == 0, "sched_getparam");
    expect(syscall(SYS_sched_rr_get_interval, 0, &slice) == 0, "sched_rr_get_interval");
    step(name, "policy 0x%lx priority %d, time slice %s", policy, priority,
         slice.tv_sec == 0 && slice.tv_nsec == 0 ? "none" : "some");
}

static void child(void)
{
    pid_t pid = fork();
    expect(pid >= 0, "fork");
    if (pid == 0) {
        show("child");
        _exit(0);
    }
    wait_for_success(pid);
}

int main(void)
{
    int priority = 7;
    step_result("SCHED_FIFO", syscall(SYS_sched_setscheduler, 0, 1, &priority));
    show("now");
    child();
    priority = 9;
    step_result("sched_setparam", syscall(SYS_sched_setparam, 0, &priority));
    show("now");
    priority = 0;
    expect_errno(syscall(SYS_sched_setparam, 0, &priority), EINVAL, "sched_setparam 0");
    priority = 3;
    step_result("SCHED_RR, reset on fork",
                syscall(SYS_sched_setscheduler, 0, 2 | 0x40000000, &priority));
    show("now");
    child();
    priority = 0;
    step_result("SCHED_OTHER", syscall(SYS_sched_setscheduler, 0, 0, &priority));
    show("now");
    contract_pass();
}
