/* Contract: pidfd_send_signal takes a descriptor of /proc/PID for the process, until it is
 * reaped; the other calls that take a pidfd do not, nor is a thread's directory good for it.
 * Source: pidfd_send_signal(2), fs/proc/base.c:tgid_pidfd_to_pid. */
#include "../contract.h"

static long send(int fd, int signal)
{
    return syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0);
}

int main(void)
{
    char path[64];
    int status;
    pid_t child = fork();
    if (!child) {
        raise(SIGSTOP);
        _exit(0);
    }
    expect(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status), "it stops");
    snprintf(path, sizeof path, "/proc/%d", child);
    int process = open(path, O_RDONLY | O_DIRECTORY), by_path = open(path, O_PATH);
    snprintf(path, sizeof path, "/proc/%d/task", child);
    int tasks = open(path, O_RDONLY | O_DIRECTORY);
    snprintf(path, sizeof path, "/proc/%d/task/%d", child, child);
    int thread = open(path, O_RDONLY | O_DIRECTORY);
    snprintf(path, sizeof path, "/proc/%d/status", child);
    int file = open(path, O_RDONLY), proc = open("/proc", O_RDONLY | O_DIRECTORY);
    siginfo_t info;

    step_result("nothing", send(process, 0));
    expect_errno(send(process, 65), EINVAL, "signal 65");
    expect_errno(send(by_path, 0), EBADF, "a path");
    expect_errno(send(tasks, 0), EBADF, "its threads");
    expect_errno(send(thread, 0), EBADF, "a thread");
    expect_errno(send(file, 0), EBADF, "a file in it");
    expect_errno(send(proc, 0), EBADF, "/proc");
    expect_errno(syscall(SYS_pidfd_getfd, process, 0, 0), EBADF, "pidfd_getfd");
    expect_errno(waitid((idtype_t)3, process, &info, WEXITED), EBADF, "waitid");
    step_result("SIGKILL", send(process, SIGKILL));
    expect(waitid(P_PID, child, &info, WEXITED | WNOWAIT) == 0, "waitid");
    step_result("a zombie", send(process, 0));
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("died of", "%d", WTERMSIG(status));
    expect_errno(send(process, 0), ESRCH, "reaped");
    contract_pass();
}
