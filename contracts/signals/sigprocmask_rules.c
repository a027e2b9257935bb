/* Contract: rt_sigprocmask adds, removes or replaces, gives the old mask, looks at `how` only
 * if there is a new one, and wants a set of 8 bytes.
 * Source: sigprocmask(2), kernel/signal.c:rt_sigprocmask. */
#include "../contract.h"
#include <signal.h>

static long change(int how, const unsigned long *set, unsigned long *old, size_t size)
{
    return syscall(SYS_rt_sigprocmask, how, set, old, size);
}

static void show(const char *name, int how, unsigned long set)
{
    unsigned long old = ~0UL, now = ~0UL;
    expect(change(how, &set, &old, 8) == 0, name);
    expect(change(SIG_BLOCK, NULL, &now, 8) == 0, "query");
    step(name, "was 0x%lx is 0x%lx", old, now);
}

int main(void)
{
    unsigned long set = 1, old = 0, none = 0;
    expect(change(SIG_SETMASK, &none, NULL, 8) == 0, "unblock");
    show("replace", SIG_SETMASK, 0x2);
    show("block", SIG_BLOCK, 0x600);
    show("block more", SIG_BLOCK, 0x800);
    show("unblock", SIG_UNBLOCK, 0x402);
    show("block SIGKILL and SIGSTOP", SIG_BLOCK, 1UL << 8 | 1UL << 18);
    show("block the last", SIG_BLOCK, 1UL << 63);
    expect_errno(change(3, &set, NULL, 8), EINVAL, "how 3");
    expect_errno(change(-1, &set, NULL, 8), EINVAL, "how -1");
    step_result("how 3 without a set", change(3, NULL, &old, 8));
    expect_errno(change(SIG_BLOCK, &set, NULL, 4), EINVAL, "4 bytes");
    expect_errno(change(SIG_BLOCK, NULL, NULL, 16), EINVAL, "16 bytes");
    expect_errno(change(SIG_BLOCK, (void *)8, NULL, 8), EFAULT, "bad set");
    expect_errno(change(SIG_BLOCK, NULL, (void *)8, 8), EFAULT, "bad old set");
    show("at the end", SIG_SETMASK, 0);
    step_result("sigpending of 4 bytes", syscall(SYS_rt_sigpending, &old, 4));
    expect_errno(syscall(SYS_rt_sigpending, &old, 16), EINVAL, "sigpending of 16 bytes");
    expect_errno(syscall(SYS_rt_sigsuspend, &set, 4), EINVAL, "sigsuspend of 4 bytes");
    contract_pass();
}
