/* Contract: WCOREDUMP is set if a core was dumped: not with RLIMIT_CORE 0, not for signals that
 * only terminate; SIGCHLD says CLD_KILLED then.
 * Source: wait(2), core(5), kernel/signal.c:get_signal. */
#include "../contract.h"
#include <sys/resource.h>

int main(void)
{
    static const int numbers[] = {SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV,
                                  SIGXCPU, SIGXFSZ, SIGSYS, SIGTERM, SIGKILL, SIGALRM, SIGPIPE};
    struct rlimit none = {0, 0};
    expect(setrlimit(RLIMIT_CORE, &none) == 0, "setrlimit");
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        siginfo_t info = {0};
        int status;
        pid_t child = fork();
        expect(child >= 0, "fork");
        if (child == 0) {
            raise(numbers[i]);
            _exit(1);
        }
        expect(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) == 0, "waitid");
        expect(waitpid(child, &status, 0) == child, "waitpid");
        step("signal", "%d: status 0x%x, code %d, si_status %d", numbers[i], status, info.si_code,
             info.si_status);
    }
    contract_pass();
}
