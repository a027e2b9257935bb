/* Contract: a process group, a parent and an orphan may be on either side of a PID namespace's border:
 * kill(0) reaches all of the group, CLONE_PARENT's child is still init, an init whose
 * parent ends goes to a reaper outside.
 * Requires: CAP_SYS_ADMIN
 * Source: pid_namespaces(7), kill(2), clone(2); kernel/exit.c:find_new_reaper. */
#include "pidns.h"
#include <sys/prctl.h>

static sigset_t set;

static void show_signal(const char *name, pid_t known)
{
    siginfo_t info;
    int number = syscall(SYS_rt_sigtimedwait, &set, &info, NULL, 8);
    step(name, "%d, code %d, from %s", number == SIGUSR1, info.si_code,
         info.si_pid == known ? "the known number" : info.si_pid == 1 ? "1"
         : info.si_pid == 0 ? "0" : "another");
}

static void group_across(void)
{
    pid_t init = fork_into_namespace(0);
    if (init == 0) {
        step_result("kill the group", kill(0, SIGUSR1));
        show_signal("inside", 1);
        _exit(0);
    }
    step_end("init", init);
    show_signal("outside", init);
    init = fork_into_namespace(0);
    if (init == 0) {
        expect(setpgid(0, 0) == 0, "setpgid");
        step_result("setpgid to the group of a parent outside", setpgid(0, getppid()));
        step("group", "%d", getpgrp());
        expect_errno(setpgid(0, 4000000), EPERM, "to one that is not there");
        _exit(0);
    }
    step_end("init", init);
}

static void sibling(void)
{
    pid_t middle = must_fork();
    if (middle == 0) {
        pid_t init = fork_into_namespace(CLONE_PARENT);
        if (init == 0) {
            step("a sibling", "pid %d, parent %d", getpid(), getppid());
            _exit(5);
        }
        _exit(waitpid(init, NULL, 0) == -1 && errno == ECHILD ? 7 : 8);
    }
    int status, ends = 0;
    for (int i = 0; i < 2; i++) {
        pid_t found = wait(&status);
        ends += found == middle ? WEXITSTATUS(status) : 100 * WEXITSTATUS(status);
    }
    step("both ended", "%d", ends);
}

static void orphan(void)
{
    int go[2], status;
    char byte;
    expect(pipe(go) == 0, "pipe");
    expect(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0, "prctl");
    pid_t middle = must_fork();
    if (middle == 0) {
        expect(unshare(CLONE_NEWPID) == 0, "unshare");
        if (must_fork() == 0) {
            close(go[1]);
            expect(read(go[0], &byte, 1) == 0, "read");
            step("init", "parent %d", getppid());
            _exit(4);
        }
        _exit(0);
    }
    step_end("its parent", middle);
    close(go[1]);
    expect(wait(&status) > 0, "wait");
    step("init came here", "%d", WEXITSTATUS(status));
}

int main(void)
{
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    pid_t child = must_fork();
    if (child == 0) {
        expect(setpgid(0, 0) == 0, "setpgid");
        group_across();
        _exit(0);
    }
    step_end("a group", child);
    sibling();
    orphan();
    contract_pass();
}
