/* Contract: waitid returns 0 and says in siginfo who changed and how; it sees only the changes
 * asked for, and with WNOWAIT leaves the child to be waited for again.
 * Source: waitid(2), kernel/exit.c:wait_task_zombie. */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>

static pid_t child;

static void show(const char *name, int options)
{
    siginfo_t info;
    memset(&info, 0, sizeof info);
    step_result(name, waitid(P_PID, (id_t)child, &info, options));
    step("siginfo", "signal %d errno %d code %d status %d", info.si_signo, info.si_errno,
         info.si_code, info.si_status);
    if (info.si_pid != 0)
        step("child", "%s, uid %s", info.si_pid == child ? "right pid" : "wrong pid",
             info.si_uid == getuid() ? "right" : "wrong");
}

int main(void)
{
    child = fork();
    expect(child >= 0, "fork");
    if (child == 0)
        _exit(0x1ff);
    show("exit, WNOWAIT", WEXITED | WNOWAIT);
    show("stops only", WSTOPPED | WNOHANG);
    show("exit", WEXITED);
    show("gone", WEXITED);

    child = fork();
    expect(child >= 0, "fork");
    if (child == 0)
        for (;;)
            pause();
    expect(kill(child, SIGSTOP) == 0, "SIGSTOP");
    show("stop, WNOWAIT", WSTOPPED | WNOWAIT);
    show("exit or continue, while stopped", WEXITED | WCONTINUED | WNOHANG);
    show("stop", WSTOPPED | WEXITED);
    show("stop again", WSTOPPED | WEXITED | WNOHANG);
    expect(kill(child, SIGCONT) == 0, "SIGCONT");
    show("continue", WCONTINUED);
    expect(kill(child, SIGKILL) == 0, "SIGKILL");
    show("kill", WEXITED);
    contract_pass();
}
