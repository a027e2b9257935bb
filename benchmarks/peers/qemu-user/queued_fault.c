/* SIGSEGV that is blocked and sent by sigqueue, for a signalfd and for sigtimedwait. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

int main(void)
{
    struct signalfd_siginfo info;
    sigset_t set, pending;

    sigemptyset(&set);
    sigaddset(&set, SIGSEGV);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, SFD_NONBLOCK);
    sigqueue(getpid(), SIGSEGV, (union sigval){.sival_int = 7});
    sigpending(&pending);
    dprintf(1, "pending: %d\n", sigismember(&pending, SIGSEGV));
    long got = read(fd, &info, sizeof info);
    dprintf(1, "signalfd: %s\n", got < 0 ? strerrorname_np(errno) : "the signal");
    return 0;
}
