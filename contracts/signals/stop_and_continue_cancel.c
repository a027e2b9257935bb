/* Contract: generating SIGCONT removes pending stop signals, generating a stop signal removes a
 * pending SIGCONT; both happen even if the signals are blocked.
 * Source: signal(7), kernel/signal.c:prepare_signal. */
#include "../contract.h"
#include <signal.h>

static void show(const char *name)
{
    static const int asked[] = {SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU};
    char text[100] = "";
    sigset_t pending;
    sigpending(&pending);
    for (int i = 0; i < 4; i++)
        if (sigismember(&pending, asked[i]) == 1)
            snprintf(text + strlen(text), sizeof text - strlen(text), " %d", asked[i]);
    step(name, "%s", text[0] ? text + 1 : "none");
}

int main(void)
{
    sigset_t all;
    sigfillset(&all);
    expect(sigprocmask(SIG_SETMASK, &all, NULL) == 0, "block");
    expect(kill(getpid(), SIGTTOU) == 0, "SIGTTOU");
    expect(kill(getpid(), SIGTSTP) == 0, "SIGTSTP");
    show("pending after two stops");
    expect(kill(getpid(), SIGCONT) == 0, "SIGCONT");
    show("pending after SIGCONT");
    expect(kill(getpid(), SIGTTIN) == 0, "SIGTTIN");
    show("pending after SIGTTIN");
    expect(syscall(SYS_tgkill, getpid(), getpid(), SIGCONT) == 0, "tgkill");
    show("pending after SIGCONT to the thread");
    contract_pass();
}
