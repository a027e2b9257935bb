/* Contract: the first process of a PID namespace is 1 there and has no parent, group or session that
 * it could see; every namespace above has a number of its own for it, and each call tells the
 * caller's.
 * Requires: CAP_SYS_ADMIN
 * Source: pid_namespaces(7), clone(2); kernel/pid.c:pid_nr_ns. */
#include "pidns.h"

static void who_am_i(const char *name)
{
    step(name, "pid %d, tid %ld, parent %d, group %d, session %d", getpid(), syscall(SYS_gettid),
         getppid(), getpgid(0), getsid(0));
}

static int innermost(void)
{
    who_am_i("two levels down");
    step_result("set_tid_address", syscall(SYS_set_tid_address, NULL));
    step_result("setpgid", setpgid(0, 0));
    expect_errno(setsid(), EPERM, "setsid of a group leader");
    who_am_i("with a group");
    return 7;
}

static int inner(void)
{
    who_am_i("one level down");
    step_result("setsid", setsid());
    who_am_i("with a session");
    expect_errno(getpgid(4000000), ESRCH, "getpgid of nobody");
    pid_t child = must_fork();
    if (child == 0) {
        who_am_i("its child");
        _exit(0);
    }
    step_end("the child", child);
    step("its number", "%d", child);
    int parent_tid = -1, child_tid = -1, pipes[2];
    char byte;
    expect(pipe(pipes) == 0, "pipe");
    child = syscall(SYS_clone, CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD, 0, &parent_tid,
#ifdef __x86_64__
                    &child_tid, 0
#else
                    0, &child_tid
#endif
    );
    expect(child >= 0, "clone");
    if (child == 0) {
        step("child_tid", "%d", child_tid);
        _exit(0);
    }
    step_end("the second child", child);
    step("parent_tid", "%d", parent_tid);
    child = fork_into_namespace(0);
    if (child == 0) {
        expect(read(pipes[0], &byte, 1) == 1, "read");
        _exit(innermost());
    }
    step("the namespace below", "%d", child);
    step("its group and session", "%d %d", getpgid(child), getsid(child));
    expect(write(pipes[1], "", 1) == 1, "write");
    siginfo_t info;
    expect(waitid(P_PID, child, &info, WEXITED | WNOWAIT) == 0, "waitid");
    step("waitid", "pid %d, status %d", info.si_pid, info.si_status);
    step("its own group", "%d", getpgid(child) == child);
    step_result("waitpid of the group", waitpid(-child, NULL, 0));
    return 3;
}

int main(void)
{
    pid_t child = fork_into_namespace(0);
    if (child == 0)
        _exit(inner());
    step_end("the namespace", child);
    step("outside it is another number", "%d", child > 1);
    contract_pass();
}
