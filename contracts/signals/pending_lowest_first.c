/* Contract: of several pending signals the one with the lowest number is delivered first,
 * whatever the order of sending, if its handler's mask keeps the others away.
 * Source: signal(7), kernel/signal.c:next_signal. */
#include "../contract.h"
#include <signal.h>

static volatile int order[8], count;

static void on_signal(int signal)
{
    order[count++] = signal;
}

int main(void)
{
    static const int sent[] = {SIGTERM, SIGUSR2, SIGHUP, SIGCHLD, SIGUSR1, SIGINT};
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t all, none;
    sigfillset(&all);
    sigfillset(&action.sa_mask);
    sigemptyset(&none);
    expect(sigprocmask(SIG_SETMASK, &all, NULL) == 0, "block");
    for (int i = 0; i < 6; i++) {
        expect(sigaction(sent[i], &action, NULL) == 0, "sigaction");
        expect(kill(getpid(), sent[i]) == 0, "kill");
    }
    step("handlers while blocked", "%d", count);
    expect(sigprocmask(SIG_SETMASK, &none, NULL) == 0, "unblock");
    step("handlers when sigprocmask has returned", "%d", count);
    for (int i = 0; i < count; i++)
        step("delivered", "%d", order[i]);
    contract_pass();
}
