/* epoll, poll and select: edges, masks, and what is written back. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile sig_atomic_t handled;

static void count(int number)
{
    (void)number;
    handled++;
}

static int watch(int set, int fd, unsigned events)
{
    struct epoll_event event = {.events = events};
    return epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
}

int main(void)
{
    struct epoll_event got;
    struct timespec none = {0, 0}, wrong = {0, -1};
    sigset_t empty, mask;
    int ends[2], file = open("file", O_RDWR | O_CREAT, 0600), inner = epoll_create1(0);
    int outer = epoll_create1(0), event = eventfd(0, 0), set = epoll_create1(0);
    if (pipe2(ends, O_NONBLOCK))
        return 1;
    epoll_ctl(set, EPOLL_CTL_DEL, file, &got);
    dprintf(1, "EPOLL_CTL_DEL of a file: %s\n", strerrorname_np(errno));
    watch(inner, event, EPOLLIN);
    watch(outer, inner, EPOLLIN | EPOLLET);
    eventfd_write(event, 1);
    epoll_wait(outer, &got, 1, 0);
    epoll_wait(inner, &got, 1, 0);
    eventfd_write(event, 1);
    dprintf(1, "edges of an epoll in an epoll: %d\n", epoll_wait(outer, &got, 1, 0));
    char info[64] = "", text[512] = "";
    snprintf(info, sizeof info, "/proc/self/fdinfo/%d", inner);
    long size = read(open(info, O_RDONLY), text, sizeof text - 1);
    dprintf(1, "fdinfo of an epoll tells its targets: %d\n", size > 0 && strstr(text, "tfd:") != NULL);
    watch(set, ends[1], EPOLLOUT | EPOLLET);
    epoll_wait(set, &got, 1, 0);
    if (write(ends[1], "ab", 2) != 2 || read(ends[0], text, 2) != 2)
        return 1;
    dprintf(1, "edges of the end of a pipe that was not full: %d\n", epoll_wait(set, &got, 1, 0));

    signal(SIGALRM, count);
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = count}, NULL);
    alarm(1);
    long result = syscall(SYS_epoll_pwait2, inner, &got, 1, &wrong, NULL, 8);
    dprintf(1, "epoll_pwait2 with a time that is none, or until a signal: %s\n",
            result < 0 ? strerrorname_np(errno) : "events");
    alarm(1);
    eventfd_t value;
    eventfd_read(event, &value);
    result = syscall(SYS_epoll_pwait2, inner, &got, 1, &wrong, NULL, 8);
    dprintf(1, "the same with nothing to report: %s\n",
            result < 0 ? strerrorname_np(errno) : "nothing");
    alarm(0);
    handled = 0;
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = count}, NULL);
    sigemptyset(&empty);
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    raise(SIGUSR1);
    struct pollfd ready = {ends[1], POLLOUT, 0}, idle = {ends[0], POLLIN, 0x55};
    result = ppoll(&ready, 1, NULL, &empty);
    dprintf(1, "ppoll of what is ready, a signal pending: %ld\n", result);
    dprintf(1, "handlers that it ran: %d\n", (int)handled);
    raise(SIGUSR1);
    handled = 0;
    ppoll(&idle, 1, NULL, &empty);
    dprintf(1, "revents when ppoll is interrupted: %#x\n", (unsigned short)idle.revents);
    fd_set in;
    raise(SIGUSR1);
    handled = 0;
    FD_ZERO(&in);
    FD_SET(ends[1], &in);
    pselect(ends[1] + 1, NULL, &in, NULL, &none, &empty);
    dprintf(1, "handlers that pselect of what is ready ran: %d\n", (int)handled);
    FD_ZERO(&in);
    FD_SET(40, &in);
    select(3, &in, NULL, NULL, &(struct timeval){0, 0});
    dprintf(1, "select of 3 leaves bit 40: %d\n", FD_ISSET(40, &in));
}
