/* Contract: ptrace refuses strangers, the running, itself and what is no request.
 * Source: ptrace(2), kernel/ptrace.c:ptrace_attach, ptrace_check_attach. */
#include "tracing.h"

int main(void)
{
    long word;
    pid_t child = waiting_child();
    expect_errno(trace(PTRACE_CONT, child, 0, 0), ESRCH, "not traced");
    expect_errno(trace(PTRACE_ATTACH, getpid(), 0, 0), EPERM, "oneself");
    expect_errno(trace(PTRACE_ATTACH, -1, 0, 0), ESRCH, "nobody");
    expect_errno(trace(PTRACE_SEIZE, child, 1, 0), EIO, "seize at an address");
    expect_errno(trace(PTRACE_SEIZE, child, 0, 1 << 9), EIO, "seize with unknown options");
    step_result("seize", trace(PTRACE_SEIZE, child, 0, PTRACE_O_TRACESYSGOOD));
    expect_errno(trace(PTRACE_ATTACH, child, 0, 0), EPERM, "traced already");
    expect_errno(trace(PTRACE_PEEKDATA, child, (unsigned long)&word, (unsigned long)&word), ESRCH,
                 "peek while it runs");
    expect_errno(trace(PTRACE_DETACH, child, 0, 0), ESRCH, "detach while it runs");
    expect_errno(trace(PTRACE_LISTEN, child, 0, 0), ESRCH, "listen while it runs");
    step_result("interrupt", trace(PTRACE_INTERRUPT, child, 0, 0));
    wait_and_show("interrupted", child);
    expect_errno(trace(9999, child, 0, 0), EIO, "no such request");
    struct iovec part = {&word, sizeof word};
    expect_errno(trace(PTRACE_GETREGSET, child, 0x7fffff, (unsigned long)&part), EINVAL,
                 "no such registers");
    part.iov_len = 7;
    expect_errno(trace(PTRACE_GETREGSET, child, NT_PRSTATUS, (unsigned long)&part), EINVAL,
                 "half a register");
    expect_errno(trace(PTRACE_GETREGSET, child, NT_PRSTATUS, 8), EFAULT, "iovec nowhere");
    expect_errno(trace(PTRACE_GETSIGMASK, child, 4, (unsigned long)&word), EINVAL,
                 "size of the mask");
    expect_errno(trace(PTRACE_DETACH, child, 0, 65), EIO, "detach with no such signal");
    step_result("detach", trace(PTRACE_DETACH, child, 0, SIGTERM)); /* not a stop for a signal */
    expect(kill(child, SIGKILL) == 0, "SIGKILL");
    wait_and_show("end", child);
    contract_pass();
}
