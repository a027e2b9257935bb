/* Contract: SA_NOCLDSTOP keeps SIGCHLD for stops and continues away, not the one for the exit;
 * the stop can be waited for all the same.
 * Source: sigaction(2), kernel/signal.c:do_notify_parent_cldstop. */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>

static void on_child(int signal)
{
    (void)signal;
}

static void run(const char *name, int flags)
{
    int status, there[2], back[2];
    char byte;
    sigset_t set, pending;
    siginfo_t info;
    struct sigaction action = {.sa_handler = on_child, .sa_flags = flags};
    step(name, "begins");
    expect(pipe(there) == 0 && pipe(back) == 0, "pipe");
    expect(sigaction(SIGCHLD, &action, NULL) == 0, "sigaction");
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0, "block");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0)
        for (;;)
            if (read(there[0], &byte, 1) != 1 || write(back[1], &byte, 1) != 1)
                _exit(1);
    expect(kill(child, SIGSTOP) == 0, "SIGSTOP");
    expect(waitpid(child, &status, WUNTRACED) == child, "waitpid");
    step("status", "0x%x", status);
    expect(kill(child, SIGCONT) == 0, "SIGCONT");
    expect(waitpid(child, &status, WCONTINUED) == child, "waitpid");
    step("status", "0x%x", status);
    expect(write(there[1], "x", 1) == 1 && read(back[0], &byte, 1) == 1, "it goes on");
    expect(kill(child, SIGKILL) == 0, "SIGKILL");
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("status", "0x%x", status);

    /* A pending SIGCHLD keeps the siginfo of the first event that sent it. Its si_status is left
     * out: a wait may take the stop before the signal about it is made. */
    expect(sigwaitinfo(&set, &info) == SIGCHLD, "sigwaitinfo");
    step("SIGCHLD was first sent with", "code %d", info.si_code);
    expect(sigpending(&pending) == 0, "sigpending");
    step("still pending", "%d", sigismember(&pending, SIGCHLD));
}

int main(void)
{
    run("without SA_NOCLDSTOP", 0);
    run("with SA_NOCLDSTOP", SA_NOCLDSTOP);
    contract_pass();
}
