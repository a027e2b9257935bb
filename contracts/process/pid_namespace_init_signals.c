/* Contract: from inside its namespace, init gets only signals that it handles; from outside, SIGKILL
 * and SIGSTOP reach it too. A fault kills it, and a blocked signal waits until it is looked at.
 * Requires: CAP_SYS_ADMIN
 * Source: pid_namespaces(7); kernel/signal.c:sig_task_ignored, get_signal. */
#include "pidns.h"

static volatile sig_atomic_t caught, sender;

static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)context;
    caught = number;
    sender = info->si_pid;
}

static void say(int fd)
{
    expect(write(fd, "", 1) == 1, "write");
}

static void hear(int fd)
{
    char byte;
    expect(read(fd, &byte, 1) == 1, "read");
}

static int quiet_init(int in, int out)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
    step_result("TERM to itself", kill(getpid(), SIGTERM));
    step_result("KILL to itself", kill(1, SIGKILL));
    step_result("STOP to itself", kill(1, SIGSTOP));
    pid_t child = must_fork();
    if (child == 0) {
        step_result("TERM from a child", kill(1, SIGTERM));
        step_result("KILL from a child", kill(1, SIGKILL));
        step_result("TKILL from a child", syscall(SYS_tgkill, 1, 1, SIGKILL));
        step_result("all", kill(-1, SIGKILL) == -1 && errno == ESRCH);
        _exit(0);
    }
    step_end("child", child);
    sigset_t set, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    kill(1, SIGTERM);
    sigpending(&pending);
    step("a blocked TERM is pending", "%d", sigismember(&pending, SIGTERM));
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    sigpending(&pending);
    step("and then forgotten", "%d", sigismember(&pending, SIGTERM));
    sigaction(SIGUSR1, &action, NULL);
    child = must_fork();
    if (child == 0) {
        kill(1, SIGUSR1);
        _exit(0);
    }
    step_end("child", child);
    step("a handled one came", "%d from child %d", caught == SIGUSR1, sender == child);
    say(out);
    hear(in);
    step("from outside", "%d from %d", caught == SIGHUP, sender);
    return 5;
}

static int waiting_init(int in, int out)
{
    say(out);
    hear(in);
    return 6;
}

static int faulting_init(int in, int out)
{
    (void)in;
    (void)out;
    *(volatile int *)8 = 1;
    return 0;
}

static int pipes[2][2];

static pid_t start(int (*run)(int, int))
{
    expect(pipe(pipes[0]) == 0 && pipe(pipes[1]) == 0, "pipe");
    pid_t child = fork_into_namespace(0);
    if (child == 0) {
        struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
        sigaction(SIGHUP, &action, NULL);
        _exit(run(pipes[0][0], pipes[1][1]));
    }
    return child;
}

int main(void)
{
    int status;
    pid_t child = start(quiet_init);
    hear(pipes[1][0]);
    step_result("HUP from outside", kill(child, SIGHUP));
    step_result("TERM from outside", kill(child, SIGTERM));
    say(pipes[0][1]);
    step_end("quiet init", child);
    child = start(waiting_init);
    hear(pipes[1][0]);
    expect(kill(child, SIGSTOP) == 0, "kill");
    expect(waitpid(child, &status, WUNTRACED) == child, "waitpid");
    step("STOP from outside", "%d", WIFSTOPPED(status));
    expect(kill(child, SIGCONT) == 0, "kill");
    expect(waitpid(child, &status, WCONTINUED) == child, "waitpid");
    step("CONT from outside", "%d", WIFCONTINUED(status));
    expect(kill(child, SIGKILL) == 0, "kill");
    step_end("KILL from outside", child);
    step_end("a fault", start(faulting_init));
    contract_pass();
}
