/* sendmsg(2) with a control message that is longer than its buffer. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int main(void)
{
    char control[256] __attribute__((aligned(8))) = "";
    struct iovec piece = {"x", 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = 64};
    int pair[2];

    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    *CMSG_FIRSTHDR(&message) = (struct cmsghdr){65, SOL_SOCKET, SCM_RIGHTS};
    long value = sendmsg(pair[0], &message, 0);
    dprintf(1, "sendmsg: %s\n", value < 0 ? strerrorname_np(errno) : "sent");
    return 0;
}
