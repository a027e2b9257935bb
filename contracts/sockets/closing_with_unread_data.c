/* Contract: closing a socket that has not read everything resets the connection: the peer's
 * next read is ECONNRESET, once, then end of file; SO_ERROR tells and takes it. A connection
 * that was never accepted is reset when the listener closes. Without unread data it ends quietly.
 * Source: unix(7); af_unix.c:unix_release_sock(). */
#include "../contract.h"
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

static int events(int fd)
{
    struct pollfd watched = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
    expect(poll(&watched, 1, 0) >= 0, "poll");
    return watched.revents;
}

static int error_of(int fd)
{
    int error = -1;
    socklen_t size = sizeof error;
    expect(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0, "SO_ERROR");
    return error;
}

int main(void)
{
    int types[] = {SOCK_STREAM, SOCK_SEQPACKET}, pair[2];
    char byte;
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < 2; i++) {
        step("type", "%s", i ? "seqpacket" : "stream");
        expect(socketpair(AF_UNIX, types[i], 0, pair) == 0, "socketpair");
        expect(write(pair[1], "unread", 6) == 6 && write(pair[0], "sent", 4) == 4, "write");
        close(pair[0]);
        step("events", "%#x", events(pair[1]));
        step_result("first read", read(pair[1], &byte, 1));
        step_result("second read", read(pair[1], &byte, 1));
        step_result("third read", read(pair[1], &byte, 1));
        expect_errno(write(pair[1], "x", 1), EPIPE, "write");
        step("events", "%#x", events(pair[1]));
        close(pair[1]);

        expect(socketpair(AF_UNIX, types[i], 0, pair) == 0, "socketpair");
        expect(write(pair[1], "unread", 6) == 6, "write");
        close(pair[0]);
        step("SO_ERROR", "%s", errno_name(error_of(pair[1])));
        step("and again", "%s", errno_name(error_of(pair[1])));
        step_result("read after it", read(pair[1], &byte, 1));
        close(pair[1]);

        expect(socketpair(AF_UNIX, types[i], 0, pair) == 0, "socketpair");
        expect(write(pair[0], "sent", 4) == 4, "write");
        close(pair[0]);
        step("quiet close: events", "%#x", events(pair[1]));
        step_result("read", read(pair[1], &byte, 1));
        step("SO_ERROR", "%s", errno_name(error_of(pair[1])));
        close(pair[1]);

        struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "x"};
        unlink("x");
        int server = socket(AF_UNIX, types[i], 0), client = socket(AF_UNIX, types[i], 0);
        expect(bind(server, (void *)&name, sizeof name) == 0 && listen(server, 3) == 0, "listen");
        expect(connect(client, (void *)&name, sizeof name) == 0, "connect");
        step_result("write before accept", write(client, "x", 1));
        close(server);
        step("never accepted: events", "%#x", events(client));
        step_result("read", read(client, &byte, 1));
        step_result("read", read(client, &byte, 1));
        expect_errno(write(client, "x", 1), EPIPE, "write");
        close(client);
    }
    contract_pass();
}
