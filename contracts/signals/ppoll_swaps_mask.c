/* Contract: a signal that only ppoll's own mask lets through interrupts ppoll if no descriptor
 * is ready; if one is ready that is reported, and the signal stays pending.
 * Source: ppoll(2), kernel/signal.c:restore_saved_sigmask_unless. */
#include "../contract.h"
#include <poll.h>
#include <signal.h>
#include <time.h>

static volatile sig_atomic_t handled;

static void on_signal(int signal)
{
    (void)signal;
    handled++;
}

static int pending(void)
{
    sigset_t set;
    sigpending(&set);
    return sigismember(&set, SIGUSR1);
}

int main(void)
{
    int ends[2];
    sigset_t blocked, none, now;
    struct timespec zero = {0, 0};
    expect(pipe(ends) == 0, "pipe");
    struct sigaction action = {.sa_handler = on_signal};
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
    sigemptyset(&none);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    expect(sigprocmask(SIG_BLOCK, &blocked, NULL) == 0, "block");
    expect(kill(getpid(), SIGUSR1) == 0, "kill");
    step("pending", "%d", pending());

    struct pollfd entry = {.fd = ends[1], .events = POLLOUT};
    step_result("ppoll, ready", ppoll(&entry, 1, NULL, &none));
    step("handler ran", "%d, pending %d", (int)handled, pending());

    entry = (struct pollfd){.fd = ends[0], .events = POLLIN};
    step_result("ppoll, masked, zero timeout", ppoll(&entry, 1, &zero, NULL));
    step("handler ran", "%d, pending %d", (int)handled, pending());

    expect_errno(ppoll(&entry, 1, NULL, &none), EINTR, "ppoll, not ready");
    step("handler ran", "%d, pending %d", (int)handled, pending());
    expect(sigprocmask(SIG_BLOCK, NULL, &now) == 0, "query");
    step("blocked again", "%d", sigismember(&now, SIGUSR1));
    contract_pass();
}
