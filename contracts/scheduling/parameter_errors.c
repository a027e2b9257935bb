/* Contract: the calls that ask for a process's scheduling refuse negative pids and null pointers
 * with EINVAL, unknown processes with ESRCH, bad pointers with EFAULT.
 * Source: sched_setparam(2), sched_getscheduler(2), kernel/sched/syscalls.c. */
#include "../contract.h"
#include <time.h>

#define NOBODY 0x7fffffff

int main(void)
{
    int parameter = 0;
    struct timespec slice = {-1, -1};
    expect_errno(syscall(SYS_sched_getscheduler, -1), EINVAL, "getscheduler, pid -1");
    expect_errno(syscall(SYS_sched_getscheduler, NOBODY), ESRCH, "getscheduler, nobody");
    expect_errno(syscall(SYS_sched_getparam, -1, &parameter), EINVAL, "getparam, pid -1");
    expect_errno(syscall(SYS_sched_getparam, NOBODY, &parameter), ESRCH, "getparam, nobody");
    expect_errno(syscall(SYS_sched_getparam, 0, NULL), EINVAL, "getparam, no pointer");
    expect_errno(syscall(SYS_sched_getparam, 0, (void *)8), EFAULT, "getparam, bad pointer");
    expect_errno(syscall(SYS_sched_setparam, -1, &parameter), EINVAL, "setparam, pid -1");
    expect_errno(syscall(SYS_sched_setparam, 0, NULL), EINVAL, "setparam, no pointer");
    expect_errno(syscall(SYS_sched_setparam, 0, (void *)8), EFAULT, "setparam, bad pointer");
    expect_errno(syscall(SYS_sched_setparam, NOBODY, &parameter), ESRCH, "setparam, nobody");
    step_result("setparam", syscall(SYS_sched_setparam, 0, &parameter));
    expect_errno(syscall(SYS_sched_setscheduler, 0, 0, NULL), EINVAL, "setscheduler, no pointer");
    expect_errno(syscall(SYS_sched_rr_get_interval, -1, &slice), EINVAL, "interval, pid -1");
    expect_errno(syscall(SYS_sched_rr_get_interval, NOBODY, &slice), ESRCH, "interval, nobody");
    expect_errno(syscall(SYS_sched_rr_get_interval, 0, (void *)8), EFAULT, "interval, bad pointer");
    step_result("interval", syscall(SYS_sched_rr_get_interval, 0, &slice));
    step("below a second", "%s",
         slice.tv_sec == 0 && slice.tv_nsec >= 0 && slice.tv_nsec < 1000000000 ? "yes" : "no");
    contract_pass();
}
