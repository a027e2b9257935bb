/* Contract: waitpid reports a stop only with WUNTRACED and a continue only with WCONTINUED, each
 * once; a stopped process makes no progress, SIGKILL ends it.
 * Source: waitpid(2), kernel/exit.c:wait_task_stopped, wait_task_continued. */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>

int main(void)
{
    int go[2], done[2], status = 0;
    expect(pipe(go) == 0 && pipe(done) == 0, "pipe");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        char byte;
        while (read(go[0], &byte, 1) == 1 && write(done[1], &byte, 1) == 1)
            ;
        _exit(1);
    }
    expect(kill(child, SIGSTOP) == 0, "SIGSTOP");
    step("reports the child", "%s", waitpid(child, &status, WUNTRACED) == child ? "yes" : "no");
    step("status", "0x%x", status);
    step("stopped by", "%d", WIFSTOPPED(status) ? WSTOPSIG(status) : 0);
    step_result("again", waitpid(child, &status, WUNTRACED | WNOHANG));

    expect(write(go[1], "x", 1) == 1, "write");
    expect(kill(child, SIGUSR1) == 0, "SIGUSR1 to the stopped one");
    step_result("without WUNTRACED", waitpid(child, &status, WNOHANG));
    wait_for_state(child, 'T');
    expect(kill(child, SIGKILL) == 0, "SIGKILL");
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("stopped, then killed by", "%d", WIFSIGNALED(status) ? WTERMSIG(status) : 0);

    child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        char byte;
        while (read(go[0], &byte, 1) == 1 && write(done[1], &byte, 1) == 1)
            ;
        _exit(1);
    }
    char byte = '-';
    expect(read(done[0], &byte, 1) == 1, "read");
    step("the next child answers", "%c", byte);
    expect(kill(child, SIGSTOP) == 0, "SIGSTOP");
    expect(waitpid(child, &status, WUNTRACED) == child, "waitpid");
    step_result("continued, before", waitpid(child, &status, WCONTINUED | WNOHANG));
    expect(kill(child, SIGCONT) == 0, "SIGCONT");
    step("continued", "%s", waitpid(child, &status, WCONTINUED) == child ? "yes" : "no");
    step("status", "0x%x, WIFCONTINUED %d", status, WIFCONTINUED(status) ? 1 : 0);
    step_result("again", waitpid(child, &status, WCONTINUED | WNOHANG));
    expect(write(go[1], "y", 1) == 1 && read(done[0], &byte, 1) == 1, "answer");
    step("it goes on", "%c", byte);
    expect(kill(child, SIGKILL) == 0, "SIGKILL");
    expect(waitpid(child, &status, WUNTRACED | WCONTINUED) == child, "waitpid");
    step("status", "0x%x", status);
    contract_pass();
}
