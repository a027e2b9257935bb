/* Contract: with SA_NOCLDWAIT children leave no zombies, wait sleeps until all are gone and is
 * ECHILD, and a handler is run all the same; without the flag again, zombies wait as ever.
 * Source: sigaction(2), kernel/signal.c:do_notify_parent. */
#include "../contract.h"

static volatile sig_atomic_t handled;

static void on_child(int number)
{
    (void)number;
    handled++;
}

static pid_t child_that_ends(int release)
{
    char byte;
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        if (release >= 0 && read(release, &byte, 1) != 1)
            _exit(1);
        _exit(3);
    }
    return child;
}

int main(void)
{
    int release[2], status = 77;
    struct sigaction action = {.sa_handler = on_child, .sa_flags = SA_NOCLDWAIT | SA_RESTART};
    expect(pipe(release) == 0, "pipe");
    expect(sigaction(SIGCHLD, &action, NULL) == 0, "sigaction");
    pid_t child = child_that_ends(release[0]);
    expect_errno(kill(child, 65), EINVAL, "it lives");
    expect(write(release[1], "", 1) == 1, "release");
    expect_errno(waitpid(child, &status, 0), ECHILD, "waitpid");
    step("status", "%d", status);
    step("handler", "%d", (int)handled);
    /* The parent may wake a moment before the child is taken off. */
    for (int turn = 0; turn < 1000 && kill(child, 0) == 0; turn++)
        usleep(1000);
    expect_errno(kill(child, 0), ESRCH, "no zombie");

    action.sa_flags = SA_RESTART;
    expect(sigaction(SIGCHLD, &action, NULL) == 0, "sigaction");
    child = child_that_ends(-1);
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("status without the flag", "0x%x", status);
    step("handler", "%d", (int)handled);

    action.sa_handler = SIG_DFL;
    action.sa_flags = SA_NOCLDWAIT;
    expect(sigaction(SIGCHLD, &action, NULL) == 0, "sigaction");
    child = child_that_ends(-1);
    expect_errno(waitpid(-1, &status, 0), ECHILD, "default action with the flag");
    contract_pass();
}
