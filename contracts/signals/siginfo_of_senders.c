/* Contract: siginfo tells how a signal was sent: SI_USER for kill, SI_TKILL for tgkill, SI_QUEUE
 * and the value for sigqueue, each with the sender's pid and real uid, and si_errno 0.
 * Source: sigaction(2), kernel/signal.c:prepare_kill_siginfo. */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>

static siginfo_t seen;
static volatile int count;

static void on_signal(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    seen = *info;
    count++;
}

static void show(const char *name, pid_t sender, int has_value)
{
    expect(count == 1, name);
    count = 0;
    step(name, "signal %d code %d errno %d", seen.si_signo, seen.si_code, seen.si_errno);
    step("sender's pid", "%s", seen.si_pid == sender ? "yes" : "no");
    step("sender's uid", "%s", seen.si_uid == getuid() ? "yes" : "no");
    if (has_value)
        step("value", "%d", seen.si_value.sival_int);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
    expect(kill(getpid(), SIGUSR1) == 0, "kill");
    show("kill", getpid(), 0);
    expect(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1) == 0, "tgkill");
    show("tgkill", getpid(), 0);
    expect(syscall(SYS_tkill, getpid(), SIGUSR1) == 0, "tkill");
    show("tkill", getpid(), 0);
    expect(sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = -77}) == 0, "sigqueue");
    show("sigqueue", getpid(), 1);

    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    expect(sigprocmask(SIG_BLOCK, &blocked, NULL) == 0, "block");
    pid_t parent = getpid(), child = fork();
    expect(child >= 0, "fork");
    if (child == 0)
        _exit(sigqueue(parent, SIGUSR1, (union sigval){.sival_int = 1234567}) == 0 ? 0 : 1);
    wait_for_success(child);
    expect(sigprocmask(SIG_UNBLOCK, &blocked, NULL) == 0, "unblock");
    show("sigqueue by a child that is gone", child, 1);
    contract_pass();
}
