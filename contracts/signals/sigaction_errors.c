/* Contract: rt_sigaction refuses numbers outside 1..64, a mask size other than 8 and bad
 * pointers; the action is set before the old one is written, so also if that fails; it forgets
 * flags it does not know, and SIGKILL and SIGSTOP in the mask.
 * Source: sigaction(2), kernel/signal.c:do_sigaction. */
#include "../contract.h"
#include <signal.h>

/* The kernel's own structure; the restorer is there on both architectures. */
struct kernel_action {
    unsigned long handler, flags, restorer, mask;
};

static long change(int signal, const void *action, void *old, size_t size)
{
    return syscall(SYS_rt_sigaction, signal, action, old, size);
}

int main(void)
{
    struct kernel_action action = {.handler = 1 /* SIG_IGN */}, old;
    expect_errno(change(0, &action, NULL, 8), EINVAL, "signal 0");
    expect_errno(change(-1, &action, NULL, 8), EINVAL, "signal -1");
    expect_errno(change(65, NULL, &old, 8), EINVAL, "signal 65");
    step_result("signal 64", change(64, NULL, &old, 8));
    expect_errno(change(SIGUSR1, &action, NULL, 4), EINVAL, "mask of 4 bytes");
    expect_errno(change(SIGUSR1, &action, NULL, 128), EINVAL, "mask of 128 bytes");
    expect_errno(change(SIGUSR1, (void *)8, NULL, 8), EFAULT, "bad action");
    expect_errno(change(0, (void *)8, NULL, 8), EFAULT, "bad action, signal 0");
    expect_errno(change(SIGUSR1, &action, (void *)8, 8), EFAULT, "bad old action");
    step_result("query", change(SIGUSR1, NULL, &old, 8));
    step("handler", "%lu: it was set in spite of EFAULT", old.handler);

    action.flags = 0x50000000 | 0x400 | 0x1000; /* RESTART, NODEFER, UNSUPPORTED, a free bit */
    action.mask = ~0UL;
    step_result("flags and mask", change(SIGUSR2, &action, NULL, 8));
    step_result("query", change(SIGUSR2, NULL, &old, 8));
    step("flags", "0x%lx", old.flags);
    step("mask", "0x%lx", old.mask);
    contract_pass();
}
