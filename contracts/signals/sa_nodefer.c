/* Contract: with SA_NODEFER the signal is not blocked in its own handler, which can be entered
 * again at once; without it the second delivery waits for the first to end.
 * Source: sigaction(2), kernel/signal.c:signal_delivered. */
#include "../contract.h"
#include <signal.h>

static volatile int depth, sent;

static void on_signal(int signal)
{
    sigset_t set;
    sigprocmask(SIG_BLOCK, NULL, &set);
    depth++;
    step("enter", "depth %d, own signal blocked %d", depth, sigismember(&set, signal));
    if (sent++ < 2)
        kill(getpid(), signal);
    step("leave", "depth %d", depth);
    depth--;
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
    step("flags", "none");
    expect(kill(getpid(), SIGUSR1) == 0, "kill");

    sent = 0;
    action.sa_flags = SA_NODEFER;
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
    step("flags", "SA_NODEFER");
    expect(kill(getpid(), SIGUSR1) == 0, "kill");

    sent = 0;
    sigaddset(&action.sa_mask, SIGUSR1);
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
    step("flags", "SA_NODEFER, but the signal is in sa_mask");
    expect(kill(getpid(), SIGUSR1) == 0, "kill");
    contract_pass();
}
