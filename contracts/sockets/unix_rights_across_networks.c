/* Contract: an AF_UNIX socket that is only in a message, and what it has queued, outlives sockets
 * that another network namespace opens and closes, while one in a circle, which is in its own
 * queue, is closed then, with all that is queued there.
 * Requires: CAP_SYS_ADMIN
 * Source: unix(7), net/unix/garbage.c:unix_gc(). */
#include "../contract.h"
#include <sched.h>
#include <sys/socket.h>

static void send_file(int to, int file)
{
    char control[CMSG_SPACE(sizeof file)] = {0};
    struct iovec byte = {"x", 1};
    struct msghdr message = {.msg_iov = &byte, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof file);
    memcpy(CMSG_DATA(header), &file, sizeof file);
    expect(sendmsg(to, &message, 0) == 1, "sendmsg");
}

static int receive_file(int from)
{
    char control[CMSG_SPACE(sizeof(int))] = {0}, byte;
    struct iovec room = {&byte, 1};
    struct msghdr message = {.msg_iov = &room, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof control};
    int file = -1;
    expect(recvmsg(from, &message, 0) == 1, "recvmsg");
    expect(message.msg_controllen >= CMSG_LEN(sizeof file), "a file came");
    memcpy(&file, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof file);
    return file;
}

static void open_and_close(void)
{
    int pair[2];
    expect(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    int carrier[2], sent[2], circle[2], ends[2];
    char text[8] = "";
    expect(socketpair(AF_UNIX, SOCK_DGRAM, 0, carrier) == 0, "socketpair");
    expect(socketpair(AF_UNIX, SOCK_STREAM, 0, sent) == 0, "socketpair");
    expect(write(sent[0], "letter", 6) == 6, "write");
    send_file(carrier[0], sent[1]);
    close(sent[1]);

    expect(socketpair(AF_UNIX, SOCK_STREAM, 0, circle) == 0, "socketpair");
    expect(pipe(ends) == 0, "pipe");
    send_file(circle[0], circle[1]);
    send_file(circle[0], ends[1]);
    close(ends[1]);
    close(circle[1]);

    step_result("another network", unshare(CLONE_NEWNET));
    open_and_close();
    step_result("the pipe that a circle kept", read(ends[0], text, 1));
    int file = receive_file(carrier[1]);
    step_result("what was queued", read(file, text, sizeof text - 1));
    step("text", "%s", text);
    contract_pass();
}
