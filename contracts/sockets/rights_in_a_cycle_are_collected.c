/* Contract: sockets that only messages in each other's queues refer to are garbage: they are
 * closed, and with them everything else in their queues, once another socket is closed. One that
 * somebody can still reach through a queue is not.
 * Source: unix(7); net/unix/garbage.c. */
#include "../contract.h"
#include <sys/socket.h>

static void give(int fd, const int *files, int count)
{
    char control[CMSG_SPACE(4 * sizeof(int))] = "";
    struct iovec piece = {"x", 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = CMSG_SPACE(sizeof(int) * count)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(header), files, sizeof(int) * count);
    expect(sendmsg(fd, &message, 0) == 1, "sendmsg");
}

static int take(int fd)
{
    char control[CMSG_SPACE(4 * sizeof(int))], byte;
    int file;
    struct iovec piece = {&byte, 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof control};
    expect(recvmsg(fd, &message, 0) == 1 && message.msg_controllen, "recvmsg");
    memcpy(&file, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof file);
    return file;
}

int main(void)
{
    int types[] = {SOCK_STREAM, SOCK_DGRAM}, ends[2], one[2], two[2], chain[2];
    char byte;
    for (int i = 0; i < 2; i++) {
        expect(socketpair(AF_UNIX, types[i], 0, one) == 0 && pipe(ends) == 0, "pairs");
        int both[] = {one[0], one[1], ends[1]};
        give(one[0], both, 3);
        close(ends[1]);
        close(one[0]);
        close(one[1]);
        /* Nobody can receive it; closing any socket looks for garbage. */
        expect(socketpair(AF_UNIX, types[i], 0, two) == 0, "socketpair");
        close(two[0]);
        close(two[1]);
        step_result("a socket in its own queue: end of the pipe", read(ends[0], &byte, 1));
        close(ends[0]);

        expect(socketpair(AF_UNIX, types[i], 0, one) == 0 && pipe(ends) == 0 &&
               socketpair(AF_UNIX, types[i], 0, two) == 0, "pairs");
        int first[] = {two[1], ends[1]};
        give(one[0], first, 2);
        give(two[0], &one[1], 1);
        close(ends[1]);
        close(one[0]);
        close(one[1]);
        close(two[1]);
        close(two[0]);
        step_result("two sockets in each other's queues", read(ends[0], &byte, 1));
        close(ends[0]);
    }

    expect(socketpair(AF_UNIX, SOCK_STREAM, 0, chain) == 0 &&
           socketpair(AF_UNIX, SOCK_STREAM, 0, one) == 0 && pipe(ends) == 0, "pairs");
    give(one[0], &ends[1], 1);
    give(chain[0], &one[1], 1);
    close(ends[1]);
    close(one[0]);
    close(one[1]);
    expect(socketpair(AF_UNIX, SOCK_STREAM, 0, two) == 0, "socketpair");
    close(two[0]);
    close(two[1]);
    int found = take(chain[1]);
    int writer = take(found);
    step_result("reached through two queues", write(writer, "x", 1));
    contract_pass();
}
