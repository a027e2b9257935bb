/* Contract: the signal mask in the frame is the one from before the handler; what the handler
 * writes there is in force after it, except that SIGKILL and SIGSTOP stay unblocked.
 * Source: sigreturn(2), kernel/signal.c:set_current_blocked. */
#include "../contract.h"
#include <signal.h>
#include <ucontext.h>

static sigset_t in_frame;
static volatile int other_ran;

static void on_other(int signal)
{
    (void)signal;
    other_ran++;
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
    ucontext_t *frame = context;
    (void)signal, (void)info;
    in_frame = frame->uc_sigmask;
    sigdelset(&frame->uc_sigmask, SIGUSR2);
    sigaddset(&frame->uc_sigmask, SIGTERM);
    sigaddset(&frame->uc_sigmask, SIGKILL);
    sigaddset(&frame->uc_sigmask, SIGSTOP);
    step("in the handler, SIGUSR2 handled", "%d", other_ran);
}

static void show(const char *name, const sigset_t *set)
{
    char text[200] = "";
    for (int signal = 1; signal < 32; signal++)
        if (sigismember(set, signal) == 1)
            snprintf(text + strlen(text), sizeof text - strlen(text), " %d", signal);
    step(name, "%s", text[0] ? text + 1 : "none");
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "SIGUSR1");
    expect(signal(SIGUSR2, on_other) != SIG_ERR, "SIGUSR2");
    sigset_t blocked, after;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    sigaddset(&blocked, SIGHUP);
    expect(sigprocmask(SIG_SETMASK, &blocked, NULL) == 0, "block");
    expect(kill(getpid(), SIGUSR2) == 0, "kill");
    expect(kill(getpid(), SIGUSR1) == 0, "kill");
    show("mask in frame", &in_frame);
    step("after the handler, SIGUSR2 handled", "%d", other_ran);
    expect(sigprocmask(SIG_BLOCK, NULL, &after) == 0, "query");
    show("mask after", &after);
    contract_pass();
}
