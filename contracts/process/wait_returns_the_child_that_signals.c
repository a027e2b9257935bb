/* Contract: a process that waits for a child and is woken by the child's end gets the child, not
 * EINTR, although SIGCHLD has a handler without SA_RESTART: the child can be waited for before
 * the signal is due. The handler runs before wait returns. The end of another child than the
 * one waited for does interrupt it. Source: wait(2), kernel/exit.c:do_wait, exit_notify. */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static volatile sig_atomic_t handled;

static void on_child(int signo)
{
    handled += signo == SIGCHLD;
}

static pid_t child_that_ends(int milliseconds, int status)
{
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        struct timespec span = {0, milliseconds * 1000000L};
        nanosleep(&span, NULL);
        _exit(status);
    }
    return child;
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_child};
    expect(sigaction(SIGCHLD, &action, NULL) == 0, "sigaction");

    int status = 0;
    pid_t child = child_that_ends(20, 3);
    step("its child", "%d", waitpid(-1, &status, 0) == child);
    step("status", "%d", WEXITSTATUS(status));
    step("handled", "%d", (int)handled);

    siginfo_t info;
    child = child_that_ends(20, 4);
    step_result("waitid", waitid(P_PID, (id_t)child, &info, WEXITED));
    step("handled", "%d", (int)handled);

    pid_t other = child_that_ends(20, 5);
    child = child_that_ends(400, 6);
    expect_errno(waitpid(child, &status, 0), EINTR, "another child ends");
    step("handled", "%d", (int)handled);
    step("the other", "%d", waitpid(other, &status, 0) == other);
    step("its child", "%d", waitpid(child, &status, 0) == child);
    step("status", "%d", WEXITSTATUS(status));
    step("handled", "%d", (int)handled);
    contract_pass();
}
