/* Contract: when RLIMIT_SIGPENDING is used up sigqueue of a real-time signal is EAGAIN; a
 * standard signal still arrives, but as from nobody; kill works as ever.
 * Source: getrlimit(2), kernel/signal.c:__send_signal_locked. */
#include "../contract.h"
#include <signal.h>
#include <sys/resource.h>

static sigset_t set;

static void show(void)
{
    siginfo_t info;
    struct timespec zero = {0, 0};
    long got = syscall(SYS_rt_sigtimedwait, &set, &info, &zero, 8);
    if (got == -1)
        step("arrived", "nothing, %s", errno_name(errno));
    else
        step("arrived", "%s, code %d, from %s, value %d", got == SIGUSR1 ? "SIGUSR1" : "SIGRTMIN",
             info.si_code, info.si_pid == getpid() ? "self" : info.si_pid ? "another" : "nobody",
             info.si_code == SI_QUEUE ? info.si_value.sival_int : 0);
}

int main(void)
{
    struct rlimit limit;
    union sigval value = {.sival_int = 55};
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN);
    expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0, "block");
    step_result("sigqueue SIGRTMIN", sigqueue(getpid(), SIGRTMIN, value));
    show();
    expect(getrlimit(RLIMIT_SIGPENDING, &limit) == 0, "getrlimit");
    limit.rlim_cur = 0;
    expect(setrlimit(RLIMIT_SIGPENDING, &limit) == 0, "setrlimit");

    expect_errno(sigqueue(getpid(), SIGRTMIN, value), EAGAIN, "sigqueue SIGRTMIN at the limit");
    show();
    step_result("kill SIGRTMIN", kill(getpid(), SIGRTMIN));
    show();
    step_result("sigqueue SIGUSR1", sigqueue(getpid(), SIGUSR1, value));
    show();
    step_result("kill SIGUSR1", kill(getpid(), SIGUSR1));
    show();
    contract_pass();
}
