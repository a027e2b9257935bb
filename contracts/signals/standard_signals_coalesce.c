/* Contract: a standard signal that is already pending is not queued again, and the first
 * sender's data is kept; a real-time signal is queued every time, first in first out.
 * Source: signal(7), kernel/signal.c:legacy_queue. */
#include "../contract.h"
#include <signal.h>

static volatile int values[16], count;

static void on_signal(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    values[count++] = info->si_value.sival_int;
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    sigset_t all, none;
    sigfillset(&all);
    sigfillset(&action.sa_mask);
    sigemptyset(&none);
    int signals[2] = {SIGUSR1, SIGRTMIN + 1};
    for (int i = 0; i < 2; i++) {
        count = 0;
        expect(sigaction(signals[i], &action, NULL) == 0, "sigaction");
        expect(sigprocmask(SIG_SETMASK, &all, NULL) == 0, "block");
        for (int value = 101; value <= 104; value++)
            expect(sigqueue(getpid(), signals[i], (union sigval){.sival_int = value}) == 0,
                   "sigqueue");
        expect(sigprocmask(SIG_SETMASK, &none, NULL) == 0, "unblock");
        step(i ? "real-time: handler ran" : "standard: handler ran", "%d", count);
        for (int k = 0; k < count; k++)
            step("value", "%d", values[k]);
    }
    contract_pass();
}
