/* Contract: WNOHANG gives 0 while children live, ECHILD when there are none that match; unknown
 * options, or none to waitid, are EINVAL.
 * Source: wait(2), kernel/exit.c:kernel_waitid_prepare, kernel_wait4. */
#include "../contract.h"
#include <limits.h>
#include <signal.h>
#include <sys/wait.h>

int main(void)
{
    int status = 777;
    siginfo_t info;
    memset(&info, 0x55, sizeof info);
    expect_errno(waitpid(-1, &status, 0), ECHILD, "no children");
    expect_errno(waitpid(-1, &status, WNOHANG), ECHILD, "no children, WNOHANG");
    expect_errno(waitid(P_ALL, 0, NULL, WEXITED), ECHILD, "waitid, no children");

    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0)
        for (;;)
            pause();
    step_result("living child, WNOHANG", waitpid(-1, &status, WNOHANG));
    step_result("by pid", waitpid(child, &status, WNOHANG));
    step_result("by our group", waitpid(0, &status, WNOHANG));
    step("status", "%d", status);
    step_result("waitid", waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG));
    step("siginfo", "signal %d pid %d", info.si_signo, (int)info.si_pid);
    unsigned words[8];
    memcpy(words, &info, sizeof words);
    step("code, what pads it, status, what follows", "%x %x %x %x", words[2], words[3], words[6],
         words[7]);

    expect_errno(waitpid(child, &status, 0x100), EINVAL, "unknown option");
    expect_errno(waitid(P_ALL, 0, &info, WNOHANG), EINVAL, "waitid for nothing");
    expect_errno(waitid(P_ALL, 0, &info, WEXITED | 0x100), EINVAL, "waitid, unknown option");
    expect_errno(waitid(P_PID, 0, &info, WEXITED), EINVAL, "waitid for pid 0");
    expect_errno(syscall(SYS_waitid, 9, 0, &info, WEXITED, NULL), EINVAL, "waitid, unknown kind");
    expect_errno(waitpid(getpid(), &status, 0), ECHILD, "oneself");
    expect_errno(waitpid(-child, &status, 0), ECHILD, "no such group");
    expect_errno(waitpid(INT_MIN, &status, 0), ESRCH, "INT_MIN");
    expect(kill(child, SIGKILL) == 0, "kill");
    expect_errno(syscall(SYS_wait4, child, (void *)8, 0, NULL), EFAULT, "bad status pointer");
    expect_errno(waitpid(child, &status, 0), ECHILD, "it was reaped even so");
    contract_pass();
}
