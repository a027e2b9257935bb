/* SIGIO: which event is told of, and what siginfo says of it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <signal.h>
#include <sys/socket.h>

static void arrived(const char *what, sigset_t *set)
{
    siginfo_t info;
    int got = sigtimedwait(set, &info, &(struct timespec){0, 0});
    if (got < 0)
        printf("%s: nothing\n", what);
    else
        printf("%s: code %d, band %#lx\n", what, info.si_code, info.si_band);
}

int main(void)
{
    int ends[2], pair[2];
    char byte;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGIO);
    sigprocmask(SIG_BLOCK, &set, NULL);
    if (pipe(ends) || socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
        return 1;
    fcntl(ends[0], F_SETOWN, getpid());
    fcntl(ends[0], F_SETFL, O_ASYNC);
    fcntl(pair[0], F_SETOWN, getpid());
    fcntl(pair[0], F_SETSIG, SIGIO);
    fcntl(pair[0], F_SETFL, O_ASYNC);
    if (write(ends[1], "a", 1) != 1)
        return 1;
    arrived("a byte in a pipe", &set);
    if (read(ends[0], &byte, 1) != 1)
        return 1;
    arrived("one's own read of it", &set);
    if (write(pair[1], "a", 1) != 1)
        return 1;
    arrived("a byte in a socket, with F_SETSIG", &set);
    int notify = fcntl(open(".", O_RDONLY), F_NOTIFY, DN_CREATE);
    printf("F_NOTIFY of a directory: %s\n", notify ? strerrorname_np(errno) : "0");
}
