/* Contract: the signal for the parent's death comes when the thread that forked ends, is not
 * inherited, and can be read back; numbers beyond the signals are refused.
 * Source: PR_SET_PDEATHSIG(2const), kernel/exit.c:reparent_leader. */
#include "../contract.h"
#include <sys/prctl.h>

int main(void)
{
    int signal_is = -1, ready[2], report[2];
    char text[64];
    sigset_t set;
    expect(pipe(ready) == 0 && pipe(report) == 0, "pipes");
    expect_errno(prctl(PR_SET_PDEATHSIG, 65), EINVAL, "65");
    expect_errno(prctl(PR_SET_PDEATHSIG, -1L), EINVAL, "-1");
    step_result("SIGRTMAX", prctl(PR_SET_PDEATHSIG, 64));
    step_result("none", prctl(PR_SET_PDEATHSIG, 0));
    pid_t middle = fork();
    expect(middle >= 0, "fork");
    if (middle == 0) {
        expect(prctl(PR_SET_PDEATHSIG, SIGHUP) == 0, "prctl");
        if (fork() == 0) {
            siginfo_t info;
            expect(prctl(PR_GET_PDEATHSIG, &signal_is) == 0, "prctl");
            step("inherited", "%d", signal_is);
            expect(prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0, "prctl");
            sigemptyset(&set);
            sigaddset(&set, SIGUSR1);
            expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0, "block");
            expect(write(ready[1], "", 1) == 1, "ready");
            expect(sigwaitinfo(&set, &info) == SIGUSR1, "sigwaitinfo");
            long size = snprintf(text, sizeof text, "code %d, from %s", info.si_code,
                                 info.si_pid == getpid() ? "itself" : "its parent");
            expect(write(report[1], text, (size_t)size) == size, "report");
            _exit(0);
        }
        expect(read(ready[0], text, 1) == 1, "ready");
        _exit(0);
    }
    wait_for_success(middle);
    long size = read(report[0], text, sizeof text);
    expect(size > 0, "report");
    step("signal", "%.*s", (int)size, text);
    contract_pass();
}
