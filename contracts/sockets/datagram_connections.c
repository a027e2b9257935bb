/* Contract: connect() of a datagram socket sets where send() goes and who may send to it: others
 * get EPERM. When the peer closes, the next send is ECONNREFUSED and the connection is gone
 * (ENOTCONN). Connecting elsewhere throws away what the old peer sent, and tells it with
 * ECONNRESET. AF_UNSPEC disconnects.
 * Source: unix(7), connect(2); af_unix.c:unix_dgram_connect(), unix_dgram_disconnected(). */
#include "../contract.h"
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un at(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    strcpy(name.sun_path, path);
    return name;
}

static int named(const char *path)
{
    struct sockaddr_un name = at(path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    expect(bind(fd, (void *)&name, sizeof name) == 0, "bind");
    return fd;
}

static long join(int fd, const char *path)
{
    struct sockaddr_un name = at(path);
    return connect(fd, (void *)&name, sizeof name);
}

static void receive(const char *name, int fd)
{
    struct sockaddr_un from = {0};
    socklen_t size = sizeof from;
    char text[16] = "";
    ssize_t got = recvfrom(fd, text, sizeof text, 0, (void *)&from, &size);
    if (got < 0)
        step(name, "%s", errno_name(errno));
    else
        step(name, "'%s' from '%s', length %u", text, size > 2 ? from.sun_path : "", size);
}

int main(void)
{
    int a = named("a"), b = named("b"), c = named("c"), error = -1;
    struct sockaddr_un name = at("a");
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    int anonymous = socket(AF_UNIX, SOCK_DGRAM, 0);
    expect(sendto(anonymous, "anon", 4, 0, (void *)&name, sizeof name) == 4, "sendto");
    receive("from a socket without a name", a);
    expect(sendto(c, "early", 5, 0, (void *)&name, sizeof name) == 5, "sendto");
    step_result("a to b", join(a, "b"));
    step_result("b sends to a", sendto(b, "hello", 5, 0, (void *)&name, sizeof name));
    expect_errno(sendto(c, "x", 1, 0, (void *)&name, sizeof name), EPERM, "c sends to a");
    expect_errno(join(c, "a"), EPERM, "c connects to a");
    receive("a: sent before it was connected", a);
    receive("a", a);
    step_result("a sends to its peer", send(a, "peer", 4, 0));
    receive("b", b);
    name = at("c");
    step_result("a sends elsewhere", sendto(a, "else", 4, 0, (void *)&name, sizeof name));
    receive("c", c);

    step_result("b to a", join(b, "a"));
    expect(send(b, "lost", 4, 0) == 4, "send");
    step_result("a to c instead", join(a, "c"));
    receive("a has lost what b sent", a);
    socklen_t size = sizeof error;
    expect(getsockopt(b, SOL_SOCKET, SO_ERROR, &error, &size) == 0, "SO_ERROR");
    step("b is told", "%s", errno_name(error));
    expect_errno(send(b, "x", 1, 0), EPERM, "b may send to a no more");

    close(c);
    expect_errno(send(a, "x", 1, 0), ECONNREFUSED, "the peer was closed");
    expect_errno(send(a, "x", 1, 0), ENOTCONN, "and the connection is gone");
    expect_errno(join(a, "c"), ECONNREFUSED, "its name leads nowhere");
    expect(join(a, "b") == 0, "connect");
    step_result("AF_UNSPEC", connect(a, &none, sizeof none));
    expect_errno(send(a, "x", 1, 0), ENOTCONN, "disconnected");
    step_result("a to itself", join(a, "a"));
    step_result("send to itself", send(a, "self", 4, 0));
    receive("a", a);
    expect_errno(connect(a, &none, 1), EINVAL, "short address");
    contract_pass();
}
