/* What siginfo says of a pipe that has become readable, with F_SETSIG. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    siginfo_t info;
    sigset_t set;
    int ends[2];

    sigemptyset(&set);
    sigaddset(&set, SIGIO);
    sigprocmask(SIG_BLOCK, &set, NULL);
    pipe(ends);
    fcntl(ends[0], F_SETFL, O_ASYNC);
    fcntl(ends[0], F_SETOWN, getpid());
    fcntl(ends[0], F_SETSIG, SIGIO);
    write(ends[1], "x", 1);
    sigwaitinfo(&set, &info);
    dprintf(1, "si_band: %#lx\n", (long)info.si_band);
    dprintf(1, "si_fd is the descriptor: %d\n", info.si_fd == ends[0]);
    return 0;
}
