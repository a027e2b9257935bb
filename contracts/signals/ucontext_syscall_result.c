/* Contract: a handler that runs at the end of a call finds the call's result in the frame, and
 * may replace it: 0 for kill, minus EINTR for sigsuspend.
 * Source: arch/x86/kernel/signal.c:handle_signal, arch/arm64/kernel/signal.c:do_signal. */
#include "../contract.h"
#include <signal.h>
#include <ucontext.h>

static volatile long seen;
static volatile int replacement;

static void on_signal(int signal, siginfo_t *info, void *context)
{
    ucontext_t *frame = context;
    (void)signal, (void)info;
#if defined __x86_64__
    seen = frame->uc_mcontext.gregs[REG_RAX];
    if (replacement)
        frame->uc_mcontext.gregs[REG_RAX] = replacement;
#elif defined __aarch64__
    seen = (long)frame->uc_mcontext.regs[0];
    if (replacement)
        frame->uc_mcontext.regs[0] = (unsigned long)replacement;
#endif
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
    step_result("kill", syscall(SYS_kill, getpid(), SIGUSR1));
    step("handler saw", "%ld", seen);
    replacement = 1234;
    step_result("kill, result replaced", syscall(SYS_kill, getpid(), SIGUSR1));
    step("handler saw", "%ld", seen);

    sigset_t blocked, none;
    sigemptyset(&none);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    expect(sigprocmask(SIG_BLOCK, &blocked, NULL) == 0, "block");
    expect(kill(getpid(), SIGUSR1) == 0, "kill");
    step_result("sigsuspend, result replaced", syscall(SYS_rt_sigsuspend, &none, 8));
    step("handler saw", "%ld", seen);
    replacement = -ENODEV;
    expect(kill(getpid(), SIGUSR1) == 0, "kill");
    step_result("sigsuspend, error replaced", syscall(SYS_rt_sigsuspend, &none, 8));
    contract_pass();
}
