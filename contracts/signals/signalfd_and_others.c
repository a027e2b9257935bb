/* Contract: a signal is taken once, by whoever asks first: a signalfd, sigtimedwait or a handler;
 * a signalfd reads the signals of whoever reads it, so a child's of the child.
 * Source: signalfd(2), fs/signalfd.c:signalfd_dequeue. */
#include "../contract.h"
#include <poll.h>
#include <sys/signalfd.h>

static volatile sig_atomic_t handled;

static void on_signal(int number)
{
    (void)number;
    handled++;
}

static void show(const char *name, int file)
{
    struct signalfd_siginfo got[4];
    struct pollfd wanted = {file, POLLIN, 0};
    step(name, "poll %d", poll(&wanted, 1, 0));
    long size = read(file, got, sizeof got);
    if (size == -1)
        step(name, "%s", errno_name(errno));
    for (long i = 0; i < size / (long)sizeof *got; i++)
        step(name, "%s, code %d, value %d", got[i].ssi_signo == SIGUSR1 ? "SIGUSR1" : "SIGRTMIN",
             got[i].ssi_code, got[i].ssi_int);
}

int main(void)
{
    sigset_t set;
    struct timespec zero = {0, 0};
    union sigval value = {.sival_int = 8};
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN);
    expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0, "block");
    expect(signal(SIGUSR1, on_signal) != SIG_ERR, "signal");
    int file = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    expect(file >= 0, "signalfd");
    show("at first", file);
    expect(sigqueue(getpid(), SIGRTMIN, value) == 0 && raise(SIGUSR1) == 0, "send");
    show("both at once", file);
    expect(raise(SIGUSR1) == 0, "raise");
    step_result("sigtimedwait takes it", sigtimedwait(&set, NULL, &zero) == SIGUSR1);
    show("nothing is left", file);
    expect(raise(SIGUSR1) == 0, "raise");
    expect(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0, "unblock");
    step("handler", "%d", (int)handled);
    show("nothing is left", file);
    expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0, "block");
    expect(raise(SIGUSR1) == 0, "raise");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        show("the child has none", file);
        value.sival_int = 9;
        expect(sigqueue(getpid(), SIGRTMIN, value) == 0, "sigqueue");
        show("the child's own", file);
        _exit(0);
    }
    wait_for_success(child);
    show("the parent's own", file);
    expect(signal(SIGUSR1, SIG_IGN) != SIG_ERR, "ignore");
    expect(raise(SIGUSR1) == 0, "raise");
    show("ignored but blocked", file);
    contract_pass();
}
