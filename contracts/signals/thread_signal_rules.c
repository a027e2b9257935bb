/* Contract: tgkill wants the thread in that process, both ids above 0; tkill takes any thread;
 * rt_tgsigqueueinfo may not claim to come from the kernel or from kill, except to oneself.
 * Source: tgkill(2), rt_sigqueueinfo(2), kernel/signal.c:do_rt_tgsigqueueinfo. */
#include "../contract.h"

static long queue(pid_t process, pid_t thread, int number, int code)
{
    siginfo_t info = {0};
    info.si_signo = SIGUSR2;
    info.si_code = code;
    info.si_value.sival_int = 6;
    return syscall(SYS_rt_tgsigqueueinfo, process, thread, number, &info);
}

static void dequeue(const char *name)
{
    sigset_t set;
    siginfo_t info;
    struct timespec zero = {0, 0};
    sigfillset(&set);
    long got = syscall(SYS_rt_sigtimedwait, &set, &info, &zero, 8);
    if (got == -1)
        step(name, "nothing, %s", errno_name(errno));
    else
        step(name, "%s, si_signo %s, code %d", got == SIGUSR1 ? "SIGUSR1" : "another",
             info.si_signo == SIGUSR1 ? "SIGUSR1" : "another", info.si_code);
}

int main(void)
{
    pid_t self = getpid(), parent = getppid();
    sigset_t set;
    sigfillset(&set);
    expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0, "block");
    step_result("tgkill", syscall(SYS_tgkill, self, self, SIGUSR1));
    dequeue("tgkill");
    step_result("tkill", syscall(SYS_tkill, self, SIGUSR1));
    dequeue("tkill");
    expect_errno(syscall(SYS_tgkill, self, parent, 0), ESRCH, "thread of another process");
    expect_errno(syscall(SYS_tgkill, parent, self, 0), ESRCH, "process of another thread");
    expect_errno(syscall(SYS_tgkill, 0, self, 0), EINVAL, "process 0");
    expect_errno(syscall(SYS_tgkill, self, 0, 0), EINVAL, "thread 0");
    expect_errno(syscall(SYS_tgkill, self, -1, 0), EINVAL, "thread -1");
    expect_errno(syscall(SYS_tkill, 0, 0), EINVAL, "tkill 0");
    expect_errno(syscall(SYS_tgkill, self, self, 65), EINVAL, "signal 65");
    expect_errno(syscall(SYS_tkill, self, -1), EINVAL, "signal -1");

    step_result("to oneself as SI_USER", queue(self, self, SIGUSR1, SI_USER));
    dequeue("SI_USER");
    step_result("to oneself as the kernel", queue(self, self, SIGUSR1, SI_KERNEL));
    dequeue("SI_KERNEL");
    expect_errno(queue(self, 0, SIGUSR1, SI_QUEUE), EINVAL, "queue to thread 0");
    expect_errno(queue(0, self, SIGUSR1, SI_QUEUE), EINVAL, "queue to process 0");
    expect_errno(queue(self, self, 65, SI_QUEUE), EINVAL, "queue signal 65");
    expect_errno(queue(self, parent, 0, SI_QUEUE), ESRCH, "queue to another's thread");
    expect_errno(syscall(SYS_rt_tgsigqueueinfo, self, self, SIGUSR1, (void *)8), EFAULT, "pointer");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        expect_errno(queue(self, self, SIGUSR1, SI_USER), EPERM, "to another as SI_USER");
        expect_errno(queue(self, self, SIGUSR1, SI_TKILL), EPERM, "to another as SI_TKILL");
        expect_errno(queue(self, self, SIGUSR1, SI_KERNEL), EPERM, "to another as the kernel");
        step_result("to another as SI_QUEUE", queue(self, self, SIGUSR1, SI_QUEUE));
        _exit(0);
    }
    wait_for_success(child);
    dequeue("from the child");
    contract_pass();
}
