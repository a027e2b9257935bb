/* Datagrams of AF_UNIX: queues without a bound, peers without rights, names for all types. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void told(const char *what, long got)
{
    printf("%s: %ld%s%s\n", what, got, got < 0 ? " " : "", got < 0 ? strerrorname_np(errno) : "");
}

int main(void)
{
    struct sockaddr_un hidden = {AF_UNIX, "\0hidden"}, name[3] = {{AF_UNIX, "a"}, {AF_UNIX, "b"}};
    int stream = socket(AF_UNIX, SOCK_STREAM, 0), other = socket(AF_UNIX, SOCK_DGRAM, 0);
    bind(stream, (void *)&hidden, sizeof hidden);
    told("an abstract name of another type", bind(other, (void *)&hidden, sizeof hidden));
    int fd[3], waiting = -1, sent = 0;
    for (int i = 0; i < 3; i++) {
        fd[i] = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        if (i < 2)
            bind(fd[i], (void *)&name[i], sizeof *name);
    }
    while (sent < 3000 && sendto(fd[2], "x", 1, 0, (void *)&name[0], sizeof *name) == 1)
        sent++;
    printf("datagrams that fit before EAGAIN: %s\n", sent < 3000 ? "some" : "more than 3000");
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair))
        return 1;
    send(pair[0], "first", 5, 0);
    send(pair[0], "second", 6, 0);
    ioctl(pair[1], FIONREAD, &waiting);
    printf("FIONREAD with 5 and 6 bytes queued: %d\n", waiting);
    connect(fd[1], (void *)&name[0], sizeof *name);
    told("to one that is connected elsewhere",
         sendto(fd[2], "x", 1, 0, (void *)&name[1], sizeof *name));
    struct sockaddr_un file = {AF_UNIX, "stream"};
    int bound = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(bound, (void *)&file, sizeof file);
    told("connect to a stream's name", connect(fd[2], (void *)&file, sizeof file));
    listen(bound, 1);
    told("the same, listening", connect(fd[2], (void *)&file, sizeof file));
}
