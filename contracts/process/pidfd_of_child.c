/* Contract: a pidfd becomes readable when its process ends, waitid takes it with P_PIDFD, and
 * signals sent through it reach nobody after the process was reaped (ESRCH).
 * Source: pidfd_open(2), pidfd_send_signal(2), waitid(2). */
#include "../contract.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

int main(void)
{
    siginfo_t info;
    memset(&info, 0, sizeof info);
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0)
        for (;;)
            pause();
    int process = (int)syscall(SYS_pidfd_open, child, 0);
    expect(process >= 0, "pidfd_open");
    step("close-on-exec", "%d", fcntl(process, F_GETFD));
    struct pollfd entry = {.fd = process, .events = POLLIN};
    step_result("poll while it lives", poll(&entry, 1, 0));
    step_result("waitid while it lives", waitid(3 /* P_PIDFD */, (id_t)process, &info,
                                                WEXITED | WNOHANG));
    step_result("signal 0", syscall(SYS_pidfd_send_signal, process, 0, NULL, 0));
    step_result("SIGTERM", syscall(SYS_pidfd_send_signal, process, SIGTERM, NULL, 0));
    step_result("poll", poll(&entry, 1, -1));
    step("events", "0x%x", (unsigned)entry.revents);
    step_result("signal to the zombie", syscall(SYS_pidfd_send_signal, process, 0, NULL, 0));
    step_result("waitid", waitid(3, (id_t)process, &info, WEXITED));
    step("siginfo", "code %d status %d", info.si_code, info.si_status);
    expect_errno(syscall(SYS_pidfd_send_signal, process, 0, NULL, 0), ESRCH, "signal to nobody");
    expect_errno(waitid(3, (id_t)process, &info, WEXITED), ECHILD, "waitid again");
    expect_errno(syscall(SYS_pidfd_open, child, 0), ESRCH, "pidfd_open of nobody");
    expect_errno(syscall(SYS_pidfd_open, 0, 0), EINVAL, "pidfd_open of 0");
    expect_errno(syscall(SYS_pidfd_open, getpid(), 1), EINVAL, "unknown flag");
    expect_errno(syscall(SYS_pidfd_send_signal, 0, 0, NULL, 0), EBADF, "not a pidfd");
    contract_pass();
}
