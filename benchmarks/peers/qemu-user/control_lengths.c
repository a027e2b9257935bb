/* Control messages that are longer than their buffer, and that do not fit. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    char control[256] __attribute__((aligned(8))) = "", byte;
    struct iovec piece = {&byte, 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = 64};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int pair[2], ends[2];

    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    pipe(ends);
    *header = (struct cmsghdr){65, SOL_SOCKET, SCM_RIGHTS};
    dprintf(1, "sendmsg, longer than the buffer: %s\n",
            sendmsg(pair[0], &message, 0) < 0 ? strerrorname_np(errno) : "sent");
    header->cmsg_len = CMSG_LEN(3 * sizeof(int));
    for (int i = 0; i < 3; i++)
        memcpy(CMSG_DATA(header) + i * sizeof(int), &ends[1], sizeof(int));
    sendmsg(pair[0], &message, 0);
    close(ends[1]);
    message.msg_controllen = CMSG_LEN(2 * sizeof(int));
    recvmsg(pair[1], &message, 0);
    dprintf(1, "room for two of three: %zu bytes\n", message.msg_controllen);
    dprintf(1, "MSG_CTRUNC: %d\n", !!(message.msg_flags & MSG_CTRUNC));
    for (int fd = ends[1]; fd < ends[1] + 3; fd++)
        dprintf(1, "descriptor %d of them: %s\n", fd - ends[1], close(fd) ? "none" : "open");
    return 0;
}
