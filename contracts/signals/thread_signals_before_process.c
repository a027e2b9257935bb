/* Contract: signals sent to the thread are delivered before those sent to the process, even
 * if their numbers are higher.
 * Source: signal(7), kernel/signal.c:dequeue_signal. */
#include "../contract.h"
#include <signal.h>

static volatile int order[8], count;

static void on_signal(int signal)
{
    order[count++] = signal;
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t all, none;
    sigfillset(&all);
    sigfillset(&action.sa_mask);
    sigemptyset(&none);
    expect(sigprocmask(SIG_SETMASK, &all, NULL) == 0, "block");
    int process[] = {SIGHUP, SIGUSR1}, thread[] = {SIGTERM, SIGUSR2};
    for (int i = 0; i < 2; i++) {
        expect(sigaction(process[i], &action, NULL) == 0, "sigaction");
        expect(sigaction(thread[i], &action, NULL) == 0, "sigaction");
        expect(kill(getpid(), process[i]) == 0, "kill");
        expect(syscall(SYS_tgkill, getpid(), getpid(), thread[i]) == 0, "tgkill");
    }
    expect(sigprocmask(SIG_SETMASK, &none, NULL) == 0, "unblock");
    for (int i = 0; i < count; i++)
        step("delivered", "%d", order[i]);
    contract_pass();
}
