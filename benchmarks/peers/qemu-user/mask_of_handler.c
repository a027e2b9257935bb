/* SIGKILL and SIGSTOP in the mask of an action, and in that of a context. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

static unsigned long mask;

static void look(void)
{
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8L);
}

static void handler(int number, siginfo_t *info, void *context)
{
    unsigned long wanted = ~0UL;

    (void)number, (void)info;
    look();
    memcpy(&((ucontext_t *)context)->uc_sigmask, &wanted, sizeof wanted);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};

    sigfillset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    dprintf(1, "SIGKILL blocked in the handler: %lu\n", mask >> (SIGKILL - 1) & 1);
    look();
    dprintf(1, "SIGKILL blocked afterwards: %lu\n", mask >> (SIGKILL - 1) & 1);
    return 0;
}
