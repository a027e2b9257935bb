/* Contract: a forked child has its parent's handlers, mask and alternate stack, but none of its
 * pending signals.
 * Source: fork(2), kernel/fork.c:copy_process. */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>

static char memory[65536];
static volatile int ran;

static void on_signal(int signal)
{
    (void)signal;
    ran++;
}

static void show(const char *who)
{
    sigset_t pending, blocked;
    stack_t stack;
    struct sigaction action;
    expect(sigpending(&pending) == 0, "sigpending");
    expect(sigprocmask(SIG_BLOCK, NULL, &blocked) == 0, "query");
    expect(sigaltstack(NULL, &stack) == 0, "sigaltstack");
    expect(sigaction(SIGUSR2, NULL, &action) == 0, "sigaction");
    step(who, "pending: SIGUSR1 %d SIGUSR2 %d", sigismember(&pending, SIGUSR1),
         sigismember(&pending, SIGUSR2));
    step(who, "blocked: SIGUSR1 %d SIGUSR2 %d SIGHUP %d", sigismember(&blocked, SIGUSR1),
         sigismember(&blocked, SIGUSR2), sigismember(&blocked, SIGHUP));
    step(who, "alternate stack: flags %d, %s", stack.ss_flags,
         stack.ss_sp == memory ? "the same" : "another");
    step(who, "SIGUSR2 %s", action.sa_handler == SIG_IGN ? "ignored" : "not ignored");
}

int main(void)
{
    sigset_t set;
    stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory};
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    expect(sigprocmask(SIG_SETMASK, &set, NULL) == 0, "block");
    expect(sigaltstack(&stack, NULL) == 0, "sigaltstack");
    expect(signal(SIGUSR1, on_signal) != SIG_ERR, "SIGUSR1");
    expect(signal(SIGUSR2, SIG_IGN) != SIG_ERR, "SIGUSR2");
    expect(kill(getpid(), SIGUSR1) == 0, "kill the process");
    expect(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR2) == 0, "kill the thread");
    show("parent");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        show("child");
        kill(getpid(), SIGUSR1);
        sigprocmask(SIG_UNBLOCK, &set, NULL);
        step("child", "handler ran %d", ran);
        _exit(0);
    }
    wait_for_success(child);
    expect(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0, "unblock");
    step("parent", "handler ran %d", ran);
    contract_pass();
}
