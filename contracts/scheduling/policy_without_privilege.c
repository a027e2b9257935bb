/* Contract: an ordinary process may choose among the policies that are not real-time, except to
 * leave SCHED_IDLE; real-time ones are EPERM, unknown ones and wrong priorities EINVAL.
 * Source: sched_setscheduler(2), kernel/sched/syscalls.c:user_check_sched_setscheduler. */
#include "../contract.h"
#include <sys/resource.h>
#include <sys/wait.h>

static long set(int policy, int priority)
{
    int parameter = priority;
    return syscall(SYS_sched_setscheduler, 0, policy, &parameter);
}

static void show(void)
{
    int priority = -1;
    step_result("policy", syscall(SYS_sched_getscheduler, 0));
    expect(syscall(SYS_sched_getparam, 0, &priority) == 0, "sched_getparam");
    step("priority", "%d", priority);
}

int main(void)
{
    struct rlimit none = {0, 0};
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        expect(setrlimit(RLIMIT_RTPRIO, &none) == 0, "RLIMIT_RTPRIO");
        expect(setrlimit(RLIMIT_NICE, &none) == 0, "RLIMIT_NICE");
        if (geteuid() == 0)
            expect(syscall(SYS_setresuid, 65534, 65534, 65534) == 0, "setresuid");
        show();
        step_result("SCHED_BATCH", set(3, 0));
        show();
        step_result("SCHED_OTHER", set(0, 0));
        expect_errno(set(1, 1), EPERM, "SCHED_FIFO 1");
        expect_errno(set(2, 99), EPERM, "SCHED_RR 99");
        expect_errno(set(1, 0), EINVAL, "SCHED_FIFO 0");
        expect_errno(set(1, 100), EINVAL, "SCHED_FIFO 100");
        expect_errno(set(0, 1), EINVAL, "SCHED_OTHER 1");
        expect_errno(set(4, 0), EINVAL, "policy 4");
        expect_errno(set(99, 0), EINVAL, "policy 99");
        expect_errno(set(-1, 0), EINVAL, "policy -1");
        step_result("SCHED_IDLE", set(5, 0));
        show();
        expect_errno(set(0, 0), EPERM, "SCHED_OTHER from SCHED_IDLE");
        pid_t grandchild = fork();
        expect(grandchild >= 0, "fork");
        if (grandchild == 0) {
            show();
            _exit(0);
        }
        wait_for_success(grandchild);
        _exit(0);
    }
    wait_for_success(child);
    contract_pass();
}
