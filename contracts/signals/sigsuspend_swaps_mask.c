/* Contract: sigsuspend runs the handler under its temporary mask plus the signal itself, the
 * frame holds the mask from before, EINTR comes back and that mask is in force again.
 * Source: sigsuspend(2), kernel/signal.c:sigsuspend. */
#include "../contract.h"
#include <signal.h>
#include <ucontext.h>

static volatile sig_atomic_t ran;
static sigset_t in_handler, in_frame;

static void on_signal(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)info;
    ran++;
    sigprocmask(SIG_BLOCK, NULL, &in_handler);
    in_frame = ((ucontext_t *)context)->uc_sigmask;
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
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
    sigset_t before, temporary, after;
    sigemptyset(&before);
    sigaddset(&before, SIGUSR1);
    sigaddset(&before, SIGHUP);
    expect(sigprocmask(SIG_SETMASK, &before, NULL) == 0, "mask");
    sigemptyset(&temporary);
    sigaddset(&temporary, SIGTERM);

    expect(kill(getpid(), SIGUSR1) == 0, "kill");
    step("handler ran before sigsuspend", "%d", (int)ran);
    expect_errno(sigsuspend(&temporary), EINTR, "sigsuspend");
    step("handler ran", "%d", (int)ran);
    show("mask in handler", &in_handler);
    /* glibc's sigset_t is larger than what the kernel saves: only signals 1 to 31 are read. */
    show("mask in frame", &in_frame);
    expect(sigprocmask(SIG_BLOCK, NULL, &after) == 0, "query");
    show("mask after", &after);
    contract_pass();
}
