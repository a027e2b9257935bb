/* Contract: SOCK_DGRAM and SOCK_SEQPACKET keep message boundaries: each receive takes one
 * message, what does not fit is lost and MSG_TRUNC tells (with MSG_TRUNC in the flags the whole
 * length is returned), empty messages count. A stream has no boundaries. SO_TYPE, SO_DOMAIN
 * and SO_PROTOCOL say what a socket is.
 * Source: unix(7), recv(2); af_unix.c:__unix_dgram_recvmsg(). */
#include "../contract.h"
#include <sys/ioctl.h>
#include <sys/socket.h>

static int option(int fd, int name)
{
    int value = -1;
    socklen_t size = sizeof value;
    expect(getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 && size == 4, "getsockopt");
    return value;
}

static void receive(const char *name, int fd, size_t size, int flags)
{
    char text[64] = "";
    struct iovec piece = {text, size};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    ssize_t got = recvmsg(fd, &message, flags);
    if (got < 0)
        step(name, "-1 %s", errno_name(errno));
    else
        step(name, "%zd '%.*s'%s%s", got, (int)(got < (ssize_t)size ? got : (ssize_t)size), text,
             message.msg_flags & MSG_TRUNC ? " MSG_TRUNC" : "",
             message.msg_flags & MSG_EOR ? " MSG_EOR" : "");
}

int main(void)
{
    int types[] = {SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM};
    const char *names[] = {"datagram", "seqpacket", "stream"};
    for (int i = 0; i < 3; i++) {
        int pair[2], waiting = -1;
        expect(socketpair(AF_UNIX, types[i] | SOCK_NONBLOCK, 0, pair) == 0, "socketpair");
        step("type", "%s", names[i]);
        expect(option(pair[0], SO_TYPE) == types[i], "SO_TYPE");
        step("domain, protocol, listening", "%d %d %d", option(pair[0], SO_DOMAIN),
             option(pair[0], SO_PROTOCOL), option(pair[0], SO_ACCEPTCONN));
        step_result("send of first", send(pair[0], "first", 5, 0));
        step_result("send of second, MSG_EOR", send(pair[0], "second", 6, MSG_EOR));
        step_result("send of nothing", send(pair[0], "", 0, 0));
        step_result("write of nothing", write(pair[0], "", 0));
        step_result("send of third", send(pair[0], "third", 5, 0));
        expect(ioctl(pair[1], FIONREAD, &waiting) == 0, "FIONREAD");
        step("bytes waiting", "%d", waiting);
        receive("peek 3", pair[1], 3, MSG_PEEK);
        receive("peek 3, MSG_TRUNC", pair[1], 3, MSG_PEEK | MSG_TRUNC);
        step_result("read of no bytes", read(pair[1], NULL, 0));
        receive("receive 3", pair[1], 3, 0);
        receive("receive 2, MSG_TRUNC", pair[1], 2, MSG_TRUNC);
        receive("receive 60", pair[1], 60, 0);
        receive("receive 60", pair[1], 60, 0);
        receive("receive 60", pair[1], 60, 0);
        receive("receive 60", pair[1], 60, 0);
        close(pair[0]);
        receive("after the peer closed", pair[1], 60, 0);
        close(pair[1]);
    }
    contract_pass();
}
