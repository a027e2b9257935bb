/* Contract: with SIGCHLD ignored, or SA_NOCLDWAIT, children leave no zombie: wait blocks until
 * all are gone and then fails with ECHILD; SA_NOCLDWAIT still sends the signal.
 * Source: sigaction(2), kernel/signal.c:do_notify_parent. */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>

static volatile sig_atomic_t signals;

static void on_child(int signal)
{
    (void)signal;
    signals++;
}

static void run(const char *name)
{
    int go[2], status = 777;
    pid_t pids[2];
    expect(pipe(go) == 0, "pipe");
    for (int i = 0; i < 2; i++) {
        pids[i] = fork();
        expect(pids[i] >= 0, "fork");
        if (pids[i] == 0) {
            char byte;
            _exit(read(go[0], &byte, 1) == 1 ? 5 : 6);
        }
    }
    step_result("both live", waitpid(-1, &status, WNOHANG));
    expect(write(go[1], "gg", 2) == 2, "write");
    expect_errno(waitpid(-1, &status, 0), ECHILD, name);
    step("status", "%d", status);
    for (int i = 0; i < 2; i++) {
        while (kill(pids[i], 0) == 0)
            ; /* nobody's child any more, but perhaps still there */
        step("no such process", "-1 %s", errno_name(errno));
    }
}

int main(void)
{
    struct sigaction action = {.sa_handler = SIG_IGN};
    expect(sigaction(SIGCHLD, &action, NULL) == 0, "sigaction");
    run("SIG_IGN");
    action = (struct sigaction){.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};
    expect(sigaction(SIGCHLD, &action, NULL) == 0, "sigaction");
    run("SIG_DFL with SA_NOCLDWAIT");
    action = (struct sigaction){.sa_handler = on_child, .sa_flags = SA_NOCLDWAIT | SA_RESTART};
    expect(sigaction(SIGCHLD, &action, NULL) == 0, "sigaction");
    run("handler with SA_NOCLDWAIT");
    step("handler ran", "%s", signals > 0 ? "yes" : "no");

    action = (struct sigaction){.sa_handler = SIG_DFL};
    expect(sigaction(SIGCHLD, &action, NULL) == 0, "sigaction");
    int status;
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0)
        _exit(7);
    wait_for_state(child, 'Z');
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("SIG_DFL", "status 0x%x", status);
    contract_pass();
}
