/* Contract: sigsuspend sleeps until a signal with a handler comes; ignored signals and those
 * it masks do not end it, and SA_RESTART does not restart it.
 * Source: sigsuspend(2), kernel/signal.c:sigsuspend (ERESTARTNOHAND). */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>

static volatile sig_atomic_t last, count;

static void on_signal(int signal)
{
    last = signal;
    count++;
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "SIGUSR1");
    expect(sigaction(SIGUSR2, &action, NULL) == 0, "SIGUSR2");
    expect(signal(SIGHUP, SIG_IGN) != SIG_ERR, "SIGHUP");
    sigset_t blocked, temporary;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigaddset(&blocked, SIGUSR2);
    expect(sigprocmask(SIG_SETMASK, &blocked, NULL) == 0, "block");
    sigemptyset(&temporary);
    sigaddset(&temporary, SIGUSR2);

    pid_t parent = getpid(), child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        wait_for_state(parent, 'S');
        kill(parent, SIGHUP);
        kill(parent, SIGWINCH);
        kill(parent, SIGUSR2);
        wait_for_state(parent, 'S');
        kill(parent, SIGUSR1);
        _exit(0);
    }
    expect_errno(sigsuspend(&temporary), EINTR, "sigsuspend");
    step("handlers ran", "%d, last for signal %d", (int)count, (int)last);
    wait_for_success(child);

    sigemptyset(&temporary);
    expect_errno(sigsuspend(&temporary), EINTR, "sigsuspend, other signal pending");
    step("handlers ran", "%d, last for signal %d", (int)count, (int)last);
    contract_pass();
}
