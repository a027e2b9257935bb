/* Streams of AF_UNIX: what poll and epoll tell, what is refused, and what waits. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static void told(const char *what, long got)
{
    printf("%s: %ld%s%s\n", what, got, got < 0 ? " " : "", got < 0 ? strerrorname_np(errno) : "");
}

static int events(int fd)
{
    struct pollfd one = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
    poll(&one, 1, 0);
    return one.revents;
}

static void pair_of(int type, int *pair)
{
    if (socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair))
        _exit(1);
}

static void nothing(int number)
{
    (void)number;
}

int main(void)
{
    int pair[2], got;
    static char text[65536];
    pair_of(SOCK_STREAM, pair);
    send(pair[0], "abc", 3, 0);
    send(pair[0], "def", 3, 0);
    told("peek 4 over two sends of 3", recv(pair[1], text, 4, MSG_PEEK));
    shutdown(pair[0], SHUT_WR);
    printf("events after the peer's SHUT_WR: %#x\n", events(pair[1]));

    pair_of(SOCK_STREAM, pair);
    send(pair[1], "unread", 6, 0);
    send(pair[0], "sent", 4, 0);
    close(pair[0]);
    printf("events after the peer closed with something unread: %#x\n", events(pair[1]));
    read(pair[1], text, 4);
    told("read at the end", read(pair[1], text, 1));

    pair_of(SOCK_STREAM, pair);
    struct epoll_event edge = {.events = EPOLLIN | EPOLLET};
    int set = epoll_create1(0);
    epoll_ctl(set, EPOLL_CTL_ADD, pair[0], &edge);
    send(pair[1], "one", 3, 0);
    epoll_wait(set, &edge, 1, 0);
    send(pair[1], "two", 3, 0);
    told("events of EPOLLET for more bytes", epoll_wait(set, &edge, 1, 0));

    pair_of(SOCK_STREAM, pair);
    int total = 0, size = 20000;
    setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    while ((got = send(pair[0], text, 1, 0)) > 0)
        total += got;
    printf("SO_SNDBUF of 20000 takes, by single bytes: %s\n", total < 1000 ? "few" : "many");

    struct sockaddr_un name = {AF_UNIX, "listener"};
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(server, (void *)&name, sizeof name);
    listen(server, 0);
    int one = socket(AF_UNIX, SOCK_STREAM, 0), two = socket(AF_UNIX, SOCK_STREAM, 0);
    connect(one, (void *)&name, sizeof name);
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = nothing}, NULL);
    ualarm(300000, 0);
    told("blocking connect to a full listener, until a signal",
         connect(two, (void *)&name, sizeof name));
    int idle = socket(AF_UNIX, SOCK_STREAM, 0);
    name.sun_path[0] = 'i';
    bind(idle, (void *)&name, sizeof name);
    listen(idle, 1);
    struct timeval limit = {0, 50000};
    setsockopt(idle, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ualarm(500000, 0);
    told("accept with SO_RCVTIMEO, or until a signal", accept(idle, NULL, NULL));
}
