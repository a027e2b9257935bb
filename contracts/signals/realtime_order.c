/* Contract: pending real-time signals are delivered by number, and within a number in the
 * order of sending; standard signals go before all of them.
 * Source: signal(7), kernel/signal.c:next_signal. */
#include "../contract.h"
#include <signal.h>

static volatile int numbers[16], values[16], count;

static void on_signal(int signal, siginfo_t *info, void *context)
{
    (void)context;
    numbers[count] = signal;
    values[count++] = info->si_value.sival_int;
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    sigset_t all, none;
    sigfillset(&all);
    sigfillset(&action.sa_mask);
    sigemptyset(&none);
    int sent[] = {SIGRTMAX, SIGRTMIN + 2, SIGRTMIN, SIGRTMIN + 2, SIGUSR2, SIGRTMIN, SIGRTMAX};
    expect(sigprocmask(SIG_SETMASK, &all, NULL) == 0, "block");
    for (int i = 0; i < 7; i++) {
        expect(sigaction(sent[i], &action, NULL) == 0, "sigaction");
        expect(sigqueue(getpid(), sent[i], (union sigval){.sival_int = i}) == 0, "sigqueue");
    }
    expect(sigprocmask(SIG_SETMASK, &none, NULL) == 0, "unblock");
    step("delivered", "%d", count);
    for (int i = 0; i < count; i++) {
        if (numbers[i] == SIGRTMAX)
            step("SIGRTMAX", "value %d", values[i]);
        else if (numbers[i] >= SIGRTMIN)
            step("SIGRTMIN", "+%d value %d", numbers[i] - SIGRTMIN, values[i]);
        else
            step("standard", "%d value %d", numbers[i], values[i]);
    }
    contract_pass();
}
