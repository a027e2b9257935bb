/* Contract: rt_sigtimedwait takes the lowest pending signal of its set with its siginfo, runs no
 * handler, leaves the rest pending, and gives EAGAIN at once for a zero timeout.
 * Source: sigtimedwait(2), kernel/signal.c:do_sigtimedwait. */
#include "../contract.h"
#include <signal.h>
#include <time.h>

static volatile int ran;

static void on_signal(int signal)
{
    (void)signal;
    ran++;
}

static long wait_for(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
    return syscall(SYS_rt_sigtimedwait, set, info, timeout, 8);
}

int main(void)
{
    sigset_t all, some, pending;
    siginfo_t info;
    struct timespec zero = {0, 0};
    sigfillset(&all);
    sigemptyset(&some);
    sigaddset(&some, SIGUSR2);
    sigaddset(&some, SIGTERM);
    sigaddset(&some, SIGRTMIN);
    expect(sigprocmask(SIG_SETMASK, &all, NULL) == 0, "block");
    expect(signal(SIGTERM, on_signal) != SIG_ERR, "signal");
    expect(signal(SIGUSR2, SIG_IGN) != SIG_ERR, "signal");
    expect(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 1}) == 0, "sigqueue");
    expect(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 2}) == 0, "sigqueue");
    expect(kill(getpid(), SIGTERM) == 0, "kill");
    expect(kill(getpid(), SIGUSR2) == 0, "kill");
    expect(kill(getpid(), SIGHUP) == 0, "kill");

    step_result("wait", wait_for(&some, &info, NULL));
    step("siginfo", "signal %d code %d", info.si_signo, info.si_code);
    step_result("wait", wait_for(&some, NULL, &zero));
    for (int i = 0; i < 2; i++) {
        step("real-time", "%s", wait_for(&some, &info, &zero) == SIGRTMIN ? "SIGRTMIN" : "?");
        step("siginfo", "code %d value %d", info.si_code, info.si_value.sival_int);
    }
    expect_errno(wait_for(&some, &info, &zero), EAGAIN, "nothing left in the set");
    expect(sigpending(&pending) == 0, "sigpending");
    step("SIGHUP still pending", "%d", sigismember(&pending, SIGHUP));
    step("handlers ran", "%d", ran);
    contract_pass();
}
