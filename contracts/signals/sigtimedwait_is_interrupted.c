/* Contract: a handler for a signal outside the set ends rt_sigtimedwait with EINTR, SA_RESTART
 * or not; a signal of the set that another process sends ends it without one.
 * Source: sigtimedwait(2), kernel/signal.c:do_sigtimedwait. */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>

static volatile int ran;

static void on_signal(int signal)
{
    (void)signal;
    ran++;
}

static pid_t send_when_asleep(int signal)
{
    pid_t parent = getpid(), child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        wait_for_state(parent, 'S');
        kill(parent, signal);
        _exit(0);
    }
    return child;
}

int main(void)
{
    sigset_t set;
    siginfo_t info;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0, "block");
    int flags[2] = {0, SA_RESTART};
    for (int i = 0; i < 2; i++) {
        struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags[i]};
        expect(sigaction(SIGUSR2, &action, NULL) == 0, "sigaction");
        pid_t child = send_when_asleep(SIGUSR2);
        expect_errno(syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 8), EINTR,
                     i ? "SA_RESTART" : "no flags");
        step("handler ran", "%d", ran);
        wait_for_success(child);
    }
    pid_t child = send_when_asleep(SIGUSR1);
    step_result("signal of the set", syscall(SYS_rt_sigtimedwait, &set, &info, NULL, 8));
    step("siginfo", "signal %d code %d", info.si_signo, info.si_code);
    step("from the child", "%s", info.si_pid == child ? "yes" : "no");
    step("handler ran", "%d", ran);
    wait_for_success(child);
    contract_pass();
}
