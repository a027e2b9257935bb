/* Contract: SECCOMP_RET_TRAP sends SIGSYS, whose siginfo names the call, the architecture, where
 * it was made and the filter's data as errno; the call is not made, and its registers are as the
 * program set them. Blocked or ignored, the signal kills.
 * Source: seccomp(2); kernel/signal.c:force_sig_seccomp(). */
#include "../seccomp.h"
#include <ucontext.h>

#ifdef __x86_64__
#define ARCH_HERE AUDIT_ARCH_X86_64
#define RESULT(uc) ((uc)->uc_mcontext.gregs[REG_RAX])
#define COUNTER(uc) ((uc)->uc_mcontext.gregs[REG_RIP])
#define UNTOUCHED SYS_setuid
#else
#define ARCH_HERE AUDIT_ARCH_AARCH64
#define RESULT(uc) ((uc)->uc_mcontext.regs[0])
#define COUNTER(uc) ((uc)->uc_mcontext.pc)
#define UNTOUCHED 1234567
#endif

static void on_sys(int number, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    step("signal", "%d", number);
    step("code", "%d", info->si_code);
    step("errno", "%d", info->si_errno);
    step("is setuid", "%d", info->si_syscall == SYS_setuid);
    step("architecture is ours", "%d", info->si_arch == ARCH_HERE);
    step("address is where it goes on", "%d",
         (unsigned long)info->si_call_addr == (unsigned long)COUNTER(uc));
    step("result register is untouched", "%d", (long)RESULT(uc) == UNTOUCHED);
    RESULT(uc) = 77;
}

static void blocked(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGSYS);
    sigprocmask(SIG_BLOCK, &set, NULL);
    syscall(SYS_setuid, 1234567);
}

static void ignored(void)
{
    signal(SIGSYS, SIG_IGN);
    syscall(SYS_setuid, 1234567);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_sys, .sa_flags = SA_SIGINFO};
    expect(sigaction(SIGSYS, &action, NULL) == 0, "sigaction");
    filter_call(SYS_setuid, SECCOMP_RET_TRAP | 4711);
    step_result("what the handler left", syscall(SYS_setuid, 1234567));
    step_child("blocked", blocked);
    step_child("ignored", ignored);
    contract_pass();
}
