/* Contract: to ignore a signal discards it if it is pending, so does SIG_DFL where the default
 * is nothing; while blocked even an ignored signal becomes pending.
 * Source: sigaction(2), kernel/signal.c:do_sigaction, sig_ignored. */
#include "../contract.h"
#include <signal.h>

static volatile int ran;

static void on_signal(int signal)
{
    (void)signal;
    ran++;
}

static void show(const char *name, int number)
{
    sigset_t pending;
    expect(sigpending(&pending) == 0, "sigpending");
    step(name, "signal %d pending %d", number, sigismember(&pending, number));
}

int main(void)
{
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    expect(sigprocmask(SIG_SETMASK, &all, NULL) == 0, "block");
    expect(signal(SIGUSR1, on_signal) != SIG_ERR, "handler");
    expect(kill(getpid(), SIGUSR1) == 0, "kill");
    show("sent", SIGUSR1);
    expect(signal(SIGUSR1, SIG_IGN) != SIG_ERR, "ignore");
    show("ignored", SIGUSR1);
    expect(kill(getpid(), SIGUSR1) == 0, "kill");
    show("sent while ignored and blocked", SIGUSR1);
    expect(signal(SIGUSR1, on_signal) != SIG_ERR, "handler");
    show("caught", SIGUSR1);

    expect(signal(SIGCHLD, on_signal) != SIG_ERR, "handler");
    expect(kill(getpid(), SIGCHLD) == 0, "kill");
    show("sent", SIGCHLD);
    expect(signal(SIGCHLD, SIG_DFL) != SIG_ERR, "default");
    show("default", SIGCHLD);

    expect(sigprocmask(SIG_SETMASK, &none, NULL) == 0, "unblock");
    step("handler ran", "%d", ran);
    expect(signal(SIGUSR1, SIG_IGN) != SIG_ERR, "ignore");
    expect(kill(getpid(), SIGUSR1) == 0, "kill");
    show("sent while ignored", SIGUSR1);
    contract_pass();
}
