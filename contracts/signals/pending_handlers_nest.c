/* Contract: if the handlers do not mask one another, the frames of all deliverable signals are
 * pushed before user code runs: the handler of the highest number starts first.
 * Source: sigreturn(2), kernel/entry/common.c:exit_to_user_mode_loop. */
#include "../contract.h"
#include <signal.h>

static volatile int order[8], count;

static void on_signal(int signal)
{
    order[count++] = signal;
}

int main(void)
{
    static const int sent[] = {SIGUSR2, SIGHUP, SIGTERM, SIGUSR1};
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    expect(sigprocmask(SIG_SETMASK, &all, NULL) == 0, "block");
    for (int i = 0; i < 4; i++) {
        expect(sigaction(sent[i], &action, NULL) == 0, "sigaction");
        expect(kill(getpid(), sent[i]) == 0, "kill");
    }
    expect(sigprocmask(SIG_SETMASK, &none, NULL) == 0, "unblock");
    for (int i = 0; i < count; i++)
        step("handler started", "%d", order[i]);
    contract_pass();
}
