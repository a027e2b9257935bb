/* Contract: SIGKILL and SIGSTOP cannot be caught, ignored or blocked, though the default action
 * may be asked for by query.
 * Source: signal(7), kernel/signal.c:do_sigaction. */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>

static void on_signal(int signal)
{
    step("handler", "%d", signal);
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal}, old;
    static const int both[] = {SIGKILL, SIGSTOP};
    for (int i = 0; i < 2; i++) {
        step("signal", "%d", both[i]);
        action.sa_handler = on_signal;
        expect_errno(sigaction(both[i], &action, NULL), EINVAL, "catch");
        action.sa_handler = SIG_IGN;
        expect_errno(sigaction(both[i], &action, NULL), EINVAL, "ignore");
        action.sa_handler = SIG_DFL;
        expect_errno(sigaction(both[i], &action, NULL), EINVAL, "default");
        step_result("query", sigaction(both[i], NULL, &old));
        step("is default", "%s", old.sa_handler == SIG_DFL ? "yes" : "no");
    }
    unsigned long all = ~0UL, now = 0;
    expect(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8) == 0, "block");
    expect(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &now, 8) == 0, "query");
    step("mask when all are blocked", "0x%lx", now);

    pid_t child = fork();
    int status;
    expect(child >= 0, "fork");
    if (child == 0)
        for (;;)
            pause();
    expect(kill(child, SIGSTOP) == 0, "SIGSTOP");
    expect(waitpid(child, &status, WUNTRACED) == child, "waitpid");
    step("status", "0x%x", status);
    expect(kill(child, SIGTERM) == 0 && kill(child, SIGKILL) == 0, "kill");
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("status", "0x%x", status);
    contract_pass();
}
