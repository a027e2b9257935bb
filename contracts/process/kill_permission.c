/* Contract: to send a signal the sender's real or effective user must be the target's real or
 * saved one (EPERM); SIGCONT is allowed within the session.
 * Requires: root
 * Source: kill(2), kernel/signal.c:check_kill_permission. */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>

static pid_t target(unsigned real, unsigned effective, unsigned saved, int session)
{
    int ready[2];
    char byte;
    expect(pipe(ready) == 0, "pipe");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        if (session)
            expect(setsid() == getpid(), "setsid");
        expect(syscall(SYS_setresuid, real, effective, saved) == 0, "setresuid");
        expect(write(ready[1], "r", 1) == 1, "write");
        for (;;)
            pause();
    }
    expect(read(ready[0], &byte, 1) == 1, "read");
    expect(close(ready[0]) == 0 && close(ready[1]) == 0, "close");
    return child;
}

int main(void)
{
    pid_t same = target(1000, 1000, 1000, 0), real = target(1000, 7, 7, 0),
          saved = target(7, 7, 1000, 0), effective = target(7, 1000, 7, 0),
          other = target(7, 7, 7, 0), away = target(7, 7, 7, 1), sender = fork();
    expect(sender >= 0, "fork");
    if (sender == 0) {
        expect(syscall(SYS_setresuid, 1000, 1000, 1000) == 0, "setresuid");
        step_result("same user", kill(same, 0));
        step_result("target's real user", kill(real, 0));
        step_result("target's saved user", kill(saved, 0));
        expect_errno(kill(effective, 0), EPERM, "target's effective user only");
        expect_errno(kill(other, 0), EPERM, "another user, signal 0");
        expect_errno(kill(other, SIGTERM), EPERM, "another user, SIGTERM");
        expect_errno(kill(other, 65), EINVAL, "another user, signal 65");
        step_result("another user, SIGCONT", kill(other, SIGCONT));
        expect_errno(kill(away, SIGCONT), EPERM, "another session, SIGCONT");
        step_result("group with some that may be sent to", kill(0, 0));
        _exit(0);
    }
    wait_for_success(sender);
    pid_t all[] = {same, real, saved, effective, other, away};
    for (int i = 0; i < 6; i++)
        expect(kill(all[i], SIGKILL) == 0 && waitpid(all[i], NULL, 0) == all[i], "end");
    contract_pass();
}
