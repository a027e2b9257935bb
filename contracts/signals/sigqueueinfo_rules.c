/* Contract: rt_sigqueueinfo takes any siginfo for oneself, but lets nobody pretend towards
 * another process that kill or the kernel had sent it (EPERM); the signal number is the call's.
 * Source: rt_sigqueueinfo(2), kernel/signal.c:do_rt_sigqueueinfo. */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>

static long queue(pid_t target, int signal, int code, int value)
{
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = SIGHUP; /* not what is sent */
    info.si_code = code;
    info.si_pid = 4242;
    info.si_value.sival_int = value;
    return syscall(SYS_rt_sigqueueinfo, target, signal, &info);
}

int main(void)
{
    static const int codes[] = {SI_USER, SI_KERNEL, SI_TKILL, SI_QUEUE, -60};
    sigset_t set;
    siginfo_t info;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0, "block");
    for (int i = 0; i < 5; i++) {
        step_result("to self", queue(getpid(), SIGUSR1, codes[i], 10 + i));
        long got = syscall(SYS_rt_sigtimedwait, &set, &info, NULL, 8);
        step("got", "%ld: signal %d code %d pid %d", got, info.si_signo, info.si_code,
             (int)info.si_pid);
    }
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0)
        for (;;)
            pause();
    for (int i = 0; i < 3; i++)
        expect_errno(queue(child, SIGTERM, codes[i], 0), EPERM, "to another, as kill or kernel");
    expect_errno(queue(child, 65, SI_QUEUE, 0), EINVAL, "signal 65");
    step_result("signal 0", queue(child, 0, SI_QUEUE, 0));
    step_result("to another, as sigqueue", queue(child, SIGTERM, SI_QUEUE, 0));
    int status;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("status", "0x%x", status);
    expect_errno(queue(child, SIGTERM, SI_QUEUE, 0), ESRCH, "to nobody");
    contract_pass();
}
