/* Contract: si_uid is the sender as the receiver's user namespace sees it, and signals cross
 * namespaces by the kernel's own ids or by CAP_KILL over the receiver's namespace.
 * Requires: root, userns
 * user_namespaces(7); kernel/signal.c:send_signal_locked(), kill_ok_by_cred(). */
#include "../userns.h"

static sigset_t set;

static void receive(const char *what)
{
    siginfo_t info;
    int got = sigwaitinfo(&set, &info);
    step(what, "SIGUSR%d code %d from %d", got == SIGUSR1 ? 1 : 2, info.si_code, info.si_uid);
}

static void to_parent(void)
{
    step_result("kill(parent) with its own id", kill(getppid(), SIGUSR1));
    siginfo_t info = {.si_signo = SIGUSR2, .si_code = SI_QUEUE};
    info.si_uid = 3;
    info.si_pid = getpid();
    step_result("sigqueue with a mapped id",
                syscall(SYS_rt_sigqueueinfo, getppid(), SIGUSR2, &info));
}

static void foreign(void)
{
    step_result("setresuid", setresuid(1, 1, 1));
    expect_errno(kill(getppid(), SIGUSR1), EPERM, "kill(parent) as another user");
    expect_errno(kill(getppid(), 0), EPERM, "kill(parent, 0)");
}

static void waiting(void)
{
    int status;
    step_result("setresuid", setresuid(2, 2, 2));
    receive("from outside");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(kill(getppid(), SIGUSR1) != 0);
    expect(waitpid(child, &status, 0) == child, "waitpid");
    receive("from inside");
    child = fork();
    if (child == 0)
        _exit(9);
    siginfo_t info;
    expect(waitid(P_PID, child, &info, WEXITED) == 0, "waitid");
    step("of the child", "%d status %d", info.si_uid, info.si_status);
}

int main(void)
{
    int made[2], mapped[2], status;
    char byte;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    step("status", "%d", in_user_namespace("0 0 1\n1 5001 4", NULL, to_parent));
    receive("first");
    receive("second");
    step("status", "%d", in_user_namespace("0 5000 4", NULL, foreign));
    expect(pipe(made) == 0 && pipe(mapped) == 0, "pipes");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        become(5000);
        expect(unshare(CLONE_NEWUSER) == 0, "unshare");
        expect(write(made[1], "x", 1) == 1, "write");
        expect(read(mapped[0], &byte, 1) == 1, "read");
        waiting();
        _exit(0);
    }
    expect(read(made[0], &byte, 1) == 1, "ready");
    expect(write_proc(child, "uid_map", "0 5000 4") == 0, "uid_map");
    step_result("kill the child", kill(child, SIGUSR1));
    expect(write(mapped[1], "x", 1) == 1, "write");
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("status", "%d", status);
    contract_pass();
}
