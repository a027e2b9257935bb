/* Contract: a port nobody listens on is ECONNREFUSED; a non-blocking connect() is EINPROGRESS
 * and poll() and SO_ERROR tell the outcome: writable and 0, or POLLERR|POLLHUP and ECONNREFUSED.
 * Asking again by connect() is 0, then EISCONN; after a refusal the socket can try again.
 * Source: connect(2); net/ipv4/af_inet.c:__inet_stream_connect(). */
#include "../contract.h"
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

static struct sockaddr_in name = {.sin_family = AF_INET};

static int error_of(int fd)
{
    int error = -1;
    socklen_t size = sizeof error;
    expect(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0, "SO_ERROR");
    return error;
}

static int events(int fd, int timeout)
{
    struct pollfd watched = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
    expect(poll(&watched, 1, timeout) >= 0, "poll");
    return watched.revents;
}

static long try(int fd) { return connect(fd, (void *)&name, sizeof name); }

int main(void)
{
    socklen_t size = sizeof name;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int holder = socket(AF_INET, SOCK_STREAM, 0);
    expect(bind(holder, (void *)&name, sizeof name) == 0, "bind");
    expect(getsockname(holder, (void *)&name, &size) == 0, "getsockname");

    int fd = socket(AF_INET, SOCK_STREAM, 0);
    step("never connected", "events %#x", events(fd, 0));
    expect_errno(try(fd), ECONNREFUSED, "bound but not listening");
    step("SO_ERROR", "%s", errno_name(error_of(fd)));
    step("events", "%#x", events(fd, 0));
    expect_errno(try(fd), ECONNREFUSED, "again");

    int waiting = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    expect_errno(try(waiting), EINPROGRESS, "non-blocking");
    step("events", "%#x", events(waiting, -1));
    step("SO_ERROR", "%s", errno_name(error_of(waiting)));
    step("SO_ERROR again", "%s", errno_name(error_of(waiting)));
    step("events", "%#x", events(waiting, 0));
    expect_errno(try(waiting), ECONNABORTED, "connect() after SO_ERROR was read");
    expect_errno(try(waiting), EINPROGRESS, "a new attempt");
    expect(events(waiting, -1) != 0, "poll");
    expect_errno(try(waiting), ECONNREFUSED, "asked by connect()");

    expect(listen(holder, 5) == 0, "listen");
    step_result("the refused one again", try(fd));
    expect_errno(try(waiting), EINPROGRESS, "the waiting one again");
    step("events", "%#x", events(waiting, -1));
    step("SO_ERROR", "%s", errno_name(error_of(waiting)));
    step_result("asked by connect()", try(waiting));
    expect_errno(try(waiting), EISCONN, "and again");
    step_result("send", send(waiting, "x", 1, 0));

    struct sockaddr none = {.sa_family = AF_UNSPEC};
    step_result("AF_UNSPEC", connect(waiting, &none, sizeof none));
    expect_errno(send(waiting, "x", 1, MSG_NOSIGNAL), ECONNRESET, "disconnected");
    expect_errno(send(waiting, "x", 1, MSG_NOSIGNAL), EPIPE, "and again");
    expect_errno(try(waiting), EINPROGRESS, "connected anew");
    expect(events(waiting, -1) == POLLOUT, "poll");

    name.sin_family = AF_INET6;
    expect_errno(try(socket(AF_INET, SOCK_STREAM, 0)), EAFNOSUPPORT, "AF_INET6 address");
    name.sin_family = AF_INET;
    expect_errno(connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&name, 15), EINVAL, "15 bytes");
    expect_errno(connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&name, 1), EINVAL, "1 byte");
    expect_errno(connect(socket(AF_INET6, SOCK_STREAM, 0), (void *)&name, 16), EINVAL, "short");
    name.sin_addr.s_addr = htonl(0xffffffff);
    expect_errno(try(socket(AF_INET, SOCK_STREAM, 0)), ENETUNREACH, "broadcast");
    contract_pass();
}
