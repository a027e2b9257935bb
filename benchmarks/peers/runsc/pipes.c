/* Pipes count bytes, where Linux counts pages, and know no packets. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <poll.h>
#include <signal.h>

static void told(const char *what, long got)
{
    printf("%s: %ld%s%s\n", what, got, got < 0 ? " " : "", got < 0 ? strerrorname_np(errno) : "");
}

int main(void)
{
    static char data[100000];
    int ends[2];
    told("pipe2(O_DIRECT)", pipe2(ends, O_DIRECT));
    if (pipe2(ends, O_NONBLOCK))
        return 1;
    told("F_SETPIPE_SZ 4097", fcntl(ends[0], F_SETPIPE_SZ, 4097));
    told("F_SETPIPE_SZ 65536", fcntl(ends[0], F_SETPIPE_SZ, 65536));
    told("write of 100000", write(ends[1], data, 100000));
    told("read of 4000", read(ends[0], data, 4000));
    struct pollfd room = {ends[1], POLLOUT, 0};
    told("room by poll", poll(&room, 1, 0));
    told("write of 1", write(ends[1], data, 1));
    close(ends[0]);
    signal(SIGPIPE, SIG_IGN);
    told("write of nothing without readers", write(ends[1], "", 0));
    int append = open("file", O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (pipe(ends) || write(ends[1], "x", 1) != 1)
        return 1;
    told("splice to O_APPEND", splice(ends[0], NULL, append, NULL, 1, 0));
}
