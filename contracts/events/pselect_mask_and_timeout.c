/* Contract: pselect6 puts its mask in place for the wait only, so that a pending signal ends it at
 * once with its handler run; the raw call writes the rest of the time back. select(2). */
#include "contract.h"
#include <sys/select.h>
#include <time.h>

static volatile sig_atomic_t handled, masked;

static void handler(int number)
{
    sigset_t now;
    (void)number;
    sigprocmask(SIG_SETMASK, NULL, &now);
    masked = sigismember(&now, SIGUSR2);
    handled++;
}

int main(void)
{
    struct { const void *mask; size_t size; } pack;
    unsigned long mask = 1UL << (SIGUSR2 - 1);
    struct timespec time = {60, 0};
    sigset_t set;
    signal(SIGUSR1, handler);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR1);
    step("blocked", "%d", handled);
    pack.mask = &mask, pack.size = 8;
    expect_errno(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &time, &pack), EINTR, "pselect6");
    step("handled", "%d with the mask of the call %d", handled, masked);
    step("most time is left", "%d", time.tv_sec >= 58);
    sigprocmask(SIG_SETMASK, NULL, &set);
    step("mask afterwards", "%d %d", sigismember(&set, SIGUSR1), sigismember(&set, SIGUSR2));
    raise(SIGUSR1);
    time = (struct timespec){0, 1000000};
    pack.mask = NULL;
    step_result("no mask", syscall(SYS_pselect6, 0, NULL, NULL, NULL, &time, &pack));
    step("handled", "%d, left %ld", handled, time.tv_nsec);
    pack.mask = &mask, pack.size = 4;
    expect_errno(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &time, &pack), EINVAL, "mask size");
    pack.mask = (void *)8, pack.size = 8;
    expect_errno(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &time, &pack), EFAULT, "bad mask");
    expect_errno(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &time, 8), EFAULT, "bad pack");
    int ends[2];
    expect(pipe(ends) == 0 && write(ends[1], "x", 1) == 1, "pipe");
    fd_set in;
    FD_ZERO(&in);
    FD_SET(ends[0], &in);
    mask = 0;
    pack.mask = &mask;
    step_result("ready and a signal pending",
                syscall(SYS_pselect6, ends[0] + 1, &in, NULL, NULL, NULL, &pack));
    step("handled", "%d", handled);
    contract_pass();
}
