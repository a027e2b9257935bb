/* recvmsg(2) of descriptors for which there is no room. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    char control[256] __attribute__((aligned(8))) = "", byte = 'x';
    struct iovec piece = {&byte, 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = CMSG_SPACE(3 * sizeof(int))};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int pair[2], ends[2];

    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    pipe(ends);
    *header = (struct cmsghdr){CMSG_LEN(3 * sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    for (int i = 0; i < 3; i++)
        memcpy(CMSG_DATA(header) + i * sizeof(int), &ends[1], sizeof(int));
    sendmsg(pair[0], &message, 0);
    message.msg_controllen = CMSG_LEN(2 * sizeof(int));
    recvmsg(pair[1], &message, 0);
    dprintf(1, "received: %zu bytes\n", (header->cmsg_len - CMSG_LEN(0)));
    dprintf(1, "MSG_CTRUNC: %d\n", !!(message.msg_flags & MSG_CTRUNC));
    dprintf(1, "descriptors that are new: %d\n", dup(0) - ends[1] - 1);
    return 0;
}
