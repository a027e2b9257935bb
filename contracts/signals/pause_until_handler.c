/* Contract: pause returns only after a handler ran, always with EINTR, SA_RESTART or not;
 * ignored signals do not wake it.
 * Source: pause(2), kernel/signal.c:pause (ERESTARTNOHAND). */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>

static volatile sig_atomic_t ran;

static void on_signal(int signal)
{
    (void)signal;
    ran++;
}

int main(void)
{
    int flags[2] = {0, SA_RESTART};
    expect(signal(SIGHUP, SIG_IGN) != SIG_ERR, "SIGHUP");
    for (int i = 0; i < 2; i++) {
        struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags[i]};
        expect(sigaction(SIGALRM, &action, NULL) == 0, "SIGALRM");
        pid_t parent = getpid(), child = fork();
        expect(child >= 0, "fork");
        if (child == 0) {
            wait_for_state(parent, 'S');
            kill(parent, SIGHUP);
            kill(parent, SIGCHLD);
            kill(parent, SIGCONT);
            wait_for_state(parent, 'S');
            kill(parent, SIGALRM);
            _exit(0);
        }
        expect_errno(pause(), EINTR, i ? "pause, SA_RESTART" : "pause");
        step("handler ran", "%d", (int)ran);
        wait_for_success(child);
    }
    contract_pass();
}
