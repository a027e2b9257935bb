/* Contract: a process may signal another if its real or effective user is the other's real or
 * saved one; SIGCONT may go anywhere in the session; existence is seen all the same as EPERM.
 * Requires: root
 * Source: kill(2), kernel/signal.c:check_kill_permission. */
#include "../contract.h"

static void try(const char *name, pid_t victim)
{
    union sigval value = {0};
    step(name, "users %u %u", getuid(), geteuid());
    step_result("signal 0", kill(victim, 0));
    step_result("SIGURG", kill(victim, SIGURG));
    step_result("sigqueue", sigqueue(victim, SIGURG, value));
    step_result("tgkill", syscall(SYS_tgkill, victim, victim, SIGURG));
    step_result("SIGCONT", kill(victim, SIGCONT));
}

static void as(const char *name, pid_t victim, uid_t real, uid_t effective, int session)
{
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        if (session)
            expect(setsid() == getpid(), "setsid");
        expect(setresuid(real, effective, effective) == 0, "setresuid");
        try(name, victim);
        _exit(0);
    }
    wait_for_success(child);
}

int main(void)
{
    int ready[2];
    char byte;
    expect(pipe(ready) == 0, "pipe");
    pid_t victim = fork();
    expect(victim >= 0, "fork");
    if (victim == 0) {
        expect(setresuid(1001, 1002, 1003) == 0, "setresuid");
        expect(write(ready[1], "", 1) == 1, "ready");
        for (;;)
            pause();
    }
    expect(read(ready[0], &byte, 1) == 1, "ready");
    as("root", victim, 0, 0, 0);
    as("its real user", victim, 1001, 1001, 0);
    as("its effective user", victim, 1002, 1002, 0);
    as("its saved user", victim, 1003, 1003, 0);
    as("real user alone", victim, 1003, 1009, 0);
    as("a stranger", victim, 1009, 1009, 0);
    as("a stranger of another session", victim, 1009, 1009, 1);
    expect(kill(victim, SIGKILL) == 0 && waitpid(victim, NULL, 0) == victim, "kill");
    contract_pass();
}
