/* Contract: while a handler runs, its own signal and those of sa_mask are blocked on top of
 * the mask from before; what was sent meanwhile is delivered when it returns.
 * Source: sigaction(2), kernel/signal.c:signal_delivered. */
#include "../contract.h"
#include <signal.h>

static void show(const char *name)
{
    char text[200] = "";
    sigset_t set;
    sigprocmask(SIG_BLOCK, NULL, &set);
    for (int signal = 1; signal < 32; signal++)
        if (sigismember(&set, signal) == 1)
            snprintf(text + strlen(text), sizeof text - strlen(text), " %d", signal);
    step(name, "%s", text[0] ? text + 1 : "none");
}

static void on_other(int signal)
{
    step("other handler starts", "%d", signal);
}

static void on_signal(int signal)
{
    static volatile int level;
    int mine = ++level;
    step("handler starts", "%d, run %d", signal, mine);
    show("mask in handler");
    if (mine == 1) {
        kill(getpid(), SIGUSR1);
        kill(getpid(), SIGUSR2);
        kill(getpid(), SIGTERM);
    }
    step("handler ends", "%d, run %d", signal, mine);
}

int main(void)
{
    struct sigaction other = {.sa_handler = on_other}, action = {.sa_handler = on_signal};
    sigfillset(&other.sa_mask);
    sigaddset(&action.sa_mask, SIGUSR2);
    sigaddset(&action.sa_mask, SIGKILL);
    expect(sigaction(SIGUSR2, &other, NULL) == 0, "SIGUSR2");
    expect(sigaction(SIGTERM, &other, NULL) == 0, "SIGTERM");
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "SIGUSR1");
    sigset_t before;
    sigemptyset(&before);
    sigaddset(&before, SIGHUP);
    expect(sigprocmask(SIG_SETMASK, &before, NULL) == 0, "mask");
    expect(kill(getpid(), SIGUSR1) == 0, "kill");
    show("mask afterwards");
    contract_pass();
}
