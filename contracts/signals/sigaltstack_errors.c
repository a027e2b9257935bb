/* Contract: sigaltstack refuses unknown flags (EINVAL), too small a stack (ENOMEM) and bad
 * pointers (EFAULT), and keeps what was set.
 * Source: sigaltstack(2), kernel/signal.c:do_sigaltstack. */
#include "../contract.h"
#include <signal.h>

static char memory[65536];

static long set(size_t size, int flags)
{
    stack_t stack = {.ss_sp = memory, .ss_size = size, .ss_flags = flags};
    return syscall(SYS_sigaltstack, &stack, NULL);
}

int main(void)
{
    step_result("set", set(sizeof memory, 0));
    expect_errno(set(sizeof memory, 4), EINVAL, "unknown flag");
    expect_errno(set(sizeof memory, SS_ONSTACK | SS_DISABLE), EINVAL, "both modes");
    expect_errno(set(1024, 0), ENOMEM, "1024 bytes");
    expect_errno(set(0, 0), ENOMEM, "0 bytes");
    expect_errno(syscall(SYS_sigaltstack, (void *)8, NULL), EFAULT, "bad new");
    expect_errno(syscall(SYS_sigaltstack, NULL, (void *)8), EFAULT, "bad old");

    stack_t now;
    expect(syscall(SYS_sigaltstack, NULL, &now) == 0, "query");
    step("still", "flags %d size %zu", now.ss_flags, now.ss_size);
    step_result("set with SS_ONSTACK", set(32768, SS_ONSTACK));
    expect(syscall(SYS_sigaltstack, NULL, &now) == 0, "query");
    step("now", "flags %d size %zu", now.ss_flags, now.ss_size);
    step_result("disable", set(0, SS_DISABLE));
    expect(syscall(SYS_sigaltstack, NULL, &now) == 0, "query");
    step("now", "flags %d size %zu", now.ss_flags, now.ss_size);
    contract_pass();
}
