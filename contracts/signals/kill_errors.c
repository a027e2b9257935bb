/* Contract: kill and tgkill look for the target before they check the signal number; a zombie
 * is still a target, a reaped process is not; signal 0 only asks.
 * Source: kill(2), tgkill(2), kernel/signal.c:do_tkill. */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>

int main(void)
{
    pid_t self = getpid(), child = fork();
    expect(child >= 0, "fork");
    if (child == 0)
        _exit(0);
    wait_for_state(child, 'Z');
    step_result("zombie, signal 0", kill(child, 0));
    step_result("zombie, SIGKILL", kill(child, SIGKILL));
    int status = -1;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("its status", "0x%x", status);

    expect_errno(kill(child, 0), ESRCH, "reaped, signal 0");
    expect_errno(kill(child, SIGTERM), ESRCH, "reaped, SIGTERM");
    expect_errno(kill(-child, SIGTERM), ESRCH, "no such group");
    expect_errno(kill(child, 65), ESRCH, "reaped, signal 65");
    step_result("self, signal 0", kill(self, 0));
    expect_errno(kill(self, 65), EINVAL, "self, signal 65");
    expect_errno(kill(self, -1), EINVAL, "self, signal -1");

    step_result("tgkill, signal 0", syscall(SYS_tgkill, self, self, 0));
    expect_errno(syscall(SYS_tgkill, self, self, 65), EINVAL, "tgkill, signal 65");
    expect_errno(syscall(SYS_tgkill, self, child, 0), ESRCH, "tgkill, no thread");
    expect_errno(syscall(SYS_tgkill, child, self, 0), ESRCH, "tgkill, other group");
    expect_errno(syscall(SYS_tgkill, 0, self, 0), EINVAL, "tgkill, group 0");
    expect_errno(syscall(SYS_tgkill, self, -1, 0), EINVAL, "tgkill, thread -1");
    expect_errno(syscall(SYS_tkill, 0, 0), EINVAL, "tkill 0");
    contract_pass();
}
