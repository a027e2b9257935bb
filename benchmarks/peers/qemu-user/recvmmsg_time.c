/* recvmmsg(2) with no time, for more messages than there are. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

int main(void)
{
    char room[2];
    struct iovec pieces[2] = {{room, 1}, {room + 1, 1}};
    struct mmsghdr messages[2] = {{{.msg_iov = pieces, .msg_iovlen = 1}, 0},
                                  {{.msg_iov = pieces + 1, .msg_iovlen = 1}, 0}};
    struct timespec none = {0, 0};
    int pair[2];

    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    send(pair[0], "x", 1, 0);
    dprintf(1, "recvmmsg: %d\n", recvmmsg(pair[1], messages, 2, 0, &none));
    return 0;
}
