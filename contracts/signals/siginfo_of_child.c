/* Contract: SIGCHLD carries what happened to which child: CLD_EXITED with the exit status,
 * CLD_KILLED, CLD_STOPPED and CLD_CONTINUED with the signal.
 * Source: sigaction(2), kernel/signal.c:do_notify_parent, do_notify_parent_cldstop. */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>

static sigset_t child_set;

static void show(const char *name, pid_t child)
{
    siginfo_t info;
    expect(sigwaitinfo(&child_set, &info) == SIGCHLD, name);
    step(name, "code %d status %d errno %d", info.si_code, info.si_status, info.si_errno);
    step("child's pid", "%s", info.si_pid == child ? "yes" : "no");
    step("child's uid", "%s", info.si_uid == getuid() ? "yes" : "no");
}

int main(void)
{
    sigemptyset(&child_set);
    sigaddset(&child_set, SIGCHLD);
    expect(sigprocmask(SIG_BLOCK, &child_set, NULL) == 0, "block");

    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0)
        _exit(300);
    show("exit 300", child);
    expect(waitpid(child, NULL, 0) == child, "waitpid");

    child = fork();
    expect(child >= 0, "fork");
    if (child == 0)
        for (;;)
            pause();
    expect(kill(child, SIGSTOP) == 0, "SIGSTOP");
    show("SIGSTOP", child);
    expect(kill(child, SIGCONT) == 0, "SIGCONT");
    show("SIGCONT", child);
    expect(kill(child, SIGTERM) == 0, "SIGTERM");
    show("SIGTERM", child);
    expect(waitpid(child, NULL, 0) == child, "waitpid");
    contract_pass();
}
