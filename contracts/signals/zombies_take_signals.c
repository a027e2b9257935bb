/* Contract: a signal can be sent to a zombie and does nothing; its status stays, and after it was
 * waited for there is nobody.
 * Source: kill(2), kernel/signal.c:prepare_signal. */
#include "../contract.h"

int main(void)
{
    int status;
    union sigval value = {0};
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0)
        _exit(9);
    wait_for_state(child, 'Z');
    step_result("signal 0", kill(child, 0));
    step_result("SIGKILL", kill(child, SIGKILL));
    step_result("SIGSTOP", kill(child, SIGSTOP));
    step_result("SIGCONT", kill(child, SIGCONT));
    step_result("sigqueue", sigqueue(child, SIGRTMIN, value));
    step_result("tgkill", syscall(SYS_tgkill, child, child, SIGTERM));
    step_result("tkill", syscall(SYS_tkill, child, SIGTERM));
    expect_errno(kill(child, 65), EINVAL, "signal 65");
    step_result("stopped or continued", waitpid(child, &status, WUNTRACED | WCONTINUED) == child);
    step("status", "0x%x", status);
    expect_errno(kill(child, 0), ESRCH, "kill");
    expect_errno(syscall(SYS_tgkill, child, child, 0), ESRCH, "tgkill");
    expect_errno(syscall(SYS_tkill, child, 0), ESRCH, "tkill");
    contract_pass();
}
