/* SCM_CREDENTIALS in a buffer that is too short for them. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    char control[64] __attribute__((aligned(8))) = "", byte;
    struct iovec piece = {&byte, 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = CMSG_LEN(4)};
    int pair[2], one = 1;

    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof one);
    write(pair[0], "x", 1);
    recvmsg(pair[1], &message, 0);
    dprintf(1, "control length: %zu\n", (size_t)message.msg_controllen);
    dprintf(1, "MSG_CTRUNC: %d\n", !!(message.msg_flags & MSG_CTRUNC));
    return 0;
}
