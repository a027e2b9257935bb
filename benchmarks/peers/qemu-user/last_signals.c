/* The last two signals, 63 and 64. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void say(const char *what, long value)
{
    dprintf(1, "%s: %s\n", what, value < 0 ? strerrorname_np(errno) : "0");
}

int main(void)
{
    unsigned long both = 3UL << 62, mask = 0;
    int ends[2];

    pipe(ends);
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &both, NULL, 8L);
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8L);
    dprintf(1, "blocked: %#lx\n", mask);
    say("kill 64", kill(getpid(), 64));
    say("sigqueue 63", sigqueue(getpid(), 63, (union sigval){0}));
    say("F_SETSIG 64", fcntl(ends[0], F_SETSIG, 64));
    say("PR_SET_PDEATHSIG 64", prctl(PR_SET_PDEATHSIG, 64, 0, 0, 0));
    return 0;
}
