/* Contract: in an orphaned process group the terminal stop signals do nothing by default, while
 * SIGSTOP stops as ever.
 * Source: setpgid(2), kernel/signal.c:get_signal. */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>

int main(void)
{
    pid_t child = fork();
    int status;
    expect(child >= 0, "fork");
    if (child == 0) {
        expect(setsid() == getpid(), "setsid");
        signal(SIGTSTP, SIG_DFL);
        step_result("SIGTSTP", kill(getpid(), SIGTSTP));
        step_result("SIGTTIN", kill(getpid(), SIGTTIN));
        step_result("SIGTTOU", kill(getpid(), SIGTTOU));
        step_result("SIGSTOP", kill(getpid(), SIGSTOP));
        _exit(3);
    }
    expect(waitpid(child, &status, WUNTRACED) == child, "waitpid");
    step("status", "0x%x", status);
    expect(kill(child, SIGCONT) == 0, "SIGCONT");
    expect(waitpid(child, &status, WUNTRACED) == child, "waitpid");
    step("status", "0x%x", status);
    contract_pass();
}
