/* Contract: the signal mask and the pending signals, a queued value too, outlive execve.
 * Source: execve(2), signal(7), fs/exec.c:begin_new_exec. */
#include "../contract.h"
#include <signal.h>

int main(int argc, char **argv)
{
    sigset_t set, pending, now;
    siginfo_t info;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGRTMIN + 1);
    if (argc == 1) {
        expect(sigprocmask(SIG_SETMASK, &set, NULL) == 0, "block");
        expect(kill(getpid(), SIGTERM) == 0, "kill");
        expect(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1) == 0, "tgkill");
        expect(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 31}) == 0, "queue");
        expect(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 32}) == 0, "queue");
        char *arguments[] = {argv[0], "again", NULL};
        execv("/proc/self/exe", arguments);
        contract_fail("execv", "returned, errno %s", errno_name(errno));
    }
    expect(sigprocmask(SIG_BLOCK, NULL, &now) == 0, "query");
    expect(sigpending(&pending) == 0, "sigpending");
    step("blocked", "SIGUSR1 %d SIGTERM %d SIGHUP %d", sigismember(&now, SIGUSR1),
         sigismember(&now, SIGTERM), sigismember(&now, SIGHUP));
    step("pending", "SIGUSR1 %d SIGTERM %d SIGHUP %d", sigismember(&pending, SIGUSR1),
         sigismember(&pending, SIGTERM), sigismember(&pending, SIGHUP));
    for (int i = 0; i < 4; i++) {
        long number = syscall(SYS_rt_sigtimedwait, &set, &info, NULL, 8);
        step("taken", "%s code %d", number == SIGUSR1 ? "SIGUSR1" : number == SIGTERM ? "SIGTERM" :
             "SIGRTMIN+1", info.si_code);
        if (info.si_code == SI_QUEUE)
            step("value", "%d", info.si_value.sival_int);
    }
    contract_pass();
}
