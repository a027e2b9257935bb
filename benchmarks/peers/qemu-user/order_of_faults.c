/* The order in which signals are delivered that are let through together. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static int order[8], count;

static void handler(int number)
{
    order[count++] = number;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler};
    sigset_t all;

    sigfillset(&all);
    sigfillset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGTRAP, &action, NULL);
    sigprocmask(SIG_BLOCK, &all, NULL);
    kill(getpid(), SIGBUS);
    syscall(SYS_tgkill, getpid(), getpid(), SIGTRAP);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    dprintf(1, "order: %d %d\n", order[0], order[1]);
    return 0;
}
