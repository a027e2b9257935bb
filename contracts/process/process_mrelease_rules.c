/* Contract: process_mrelease(2) takes memory from a process that is dying only, and knows its
 * descriptor and flags.
 * Requires: Linux 5.15
 * Source: process_mrelease(2), mm/oom_kill.c:SYSCALL_DEFINE2(process_mrelease). */
#include "../contract.h"

enum { RELEASE = 448 };

int main(void)
{
    int ends[2];
    expect(pipe(ends) == 0, "pipe");
    pid_t child = fork();
    if (child == 0) {
        char byte;
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) != 0);
    }
    int descriptor = syscall(SYS_pidfd_open, child, 0);
    expect(descriptor >= 0, "pidfd_open");
    expect_errno(syscall(RELEASE, descriptor, 0), EINVAL, "a process that lives");
    expect_errno(syscall(RELEASE, descriptor, 1), EINVAL, "a flag");
    expect_errno(syscall(RELEASE, ends[0], 0), EBADF, "a pipe");
    expect_errno(syscall(RELEASE, -1, 0), EBADF, "no descriptor");
    expect_errno(syscall(RELEASE, -1, 1), EINVAL, "no descriptor and a flag");
    close(ends[1]);
    siginfo_t info;
    expect(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) == 0, "waitid");
    expect_errno(syscall(RELEASE, descriptor, 0), ESRCH, "a process that has ended");
    wait_for_success(child);
    expect_errno(syscall(RELEASE, descriptor, 0), ESRCH, "a process that is gone");
    contract_pass();
}
