/* Contract: a pidfd that came from outside a PID namespace stands for nobody there: no number, no
 * signals, no setns; one of a process inside works outside, and waits for it too.
 * Requires: CAP_SYS_ADMIN
 * Source: pid_namespaces(7), pidfd_open(2); kernel/signal.c:access_pidfd_pidns, fs/pidfs.c. */
#include "pidns.h"
#include <poll.h>
#include <sys/wait.h>

static void show(const char *name, int pidfd)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
    step(name, "Pid %s", status_value(path, "Pid"));
    step(name, "NSpid %s", status_value(path, "NSpid"));
}

static long send(int pidfd, int signal)
{
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int main(void)
{
    int go[2], ready[2];
    char byte;
    expect(pipe(go) == 0 && pipe(ready) == 0, "pipe");
    int outside = syscall(SYS_pidfd_open, getpid(), 0);
    int directory = open("/proc/self", O_RDONLY | O_DIRECTORY);
    expect(outside >= 0 && directory >= 0, "pidfd_open");
    pid_t child = fork_into_namespace(0);
    if (child == 0) {
        mount_proc();
        show("from outside", outside);
        expect_errno(send(outside, 0), EINVAL, "a signal to the outside");
        expect_errno(send(directory, 0), EINVAL, "by a directory of the outer proc");
        expect_errno(setns(outside, CLONE_NEWPID), EINVAL, "into its namespace");
        int own = syscall(SYS_pidfd_open, 1, 0);
        show("of itself", own);
        step_result("a signal to itself", send(own, SIGKILL));
        pid_t second = must_fork();
        if (second == 0) {
            step_result("to init", send(own, SIGKILL));
            _exit(0);
        }
        int pidfd = syscall(SYS_pidfd_open, second, 0);
        siginfo_t info = {0};
        step_result("waitid by pidfd", waitid(P_PIDFD, pidfd, &info, WEXITED));
        step("who", "%d", info.si_pid);
        step_result("to one that is gone", send(pidfd, 0));
        expect(write(ready[1], "", 1) == 1, "write");
        expect(read(go[0], &byte, 1) == 1, "read");
        _exit(0);
    }
    int pidfd = syscall(SYS_pidfd_open, child, 0);
    expect(read(ready[0], &byte, 1) == 1, "read");
    step_result("KILL from outside", send(pidfd, SIGKILL));
    struct pollfd end = {pidfd, POLLIN, 0};
    step_result("poll", poll(&end, 1, -1));
    siginfo_t info = {0};
    expect(waitid(P_PIDFD, pidfd, &info, WEXITED) == 0, "waitid");
    step("the child", "%d", info.si_pid == child && info.si_status == SIGKILL);
    contract_pass();
}
