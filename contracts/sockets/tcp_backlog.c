/* Contract: one connection more than the backlog is completed; the next one hangs in progress
 * until somebody accepts, and then completes. listen() without a port chooses one; shutting a
 * listener down ends it.
 * Source: listen(2), tcp(7); tcp_conn_request(), inet_shutdown(). */
#include "../contract.h"
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

static struct sockaddr_in name = {.sin_family = AF_INET};

static int start(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    expect(connect(fd, (void *)&name, sizeof name) == -1 && errno == EINPROGRESS, "connect");
    return fd;
}

static int writable(int fd, int timeout)
{
    struct pollfd watched = {fd, POLLOUT, 0};
    return poll(&watched, 1, timeout);
}

int main(void)
{
    int server = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t size = sizeof name;
    expect(listen(server, 1) == 0 && getsockname(server, (void *)&name, &size) == 0, "listen");
    step("listen chose a port", "%d, address %#x", name.sin_port != 0, ntohl(name.sin_addr.s_addr));
    struct pollfd watched = {server, POLLIN | POLLOUT, 0};
    step("idle listener", "%d", poll(&watched, 1, 0));
    int one = start(), two = start();
    step("two are connected", "%d %d", writable(one, 5000), writable(two, 5000));
    expect(poll(&watched, 1, 0) == 1, "poll");
    step("listener", "%#x", watched.revents);
    int three = start();
    step("the third is not", "%d", writable(three, 300));
    expect(connect(three, (void *)&name, sizeof name) == -1, "connect");
    step("asked again", "%s", errno_name(errno));
    expect(accept(server, NULL, NULL) >= 0, "accept");
    step("after one was accepted", "%d", writable(three, 20000));
    int error = -1;
    size = sizeof error;
    expect(getsockopt(three, SOL_SOCKET, SO_ERROR, &error, &size) == 0, "SO_ERROR");
    step("SO_ERROR", "%d", error);
    expect(accept(server, NULL, NULL) >= 0 && accept(server, NULL, NULL) >= 0, "accept");
    step_result("shutdown of the listener", shutdown(server, SHUT_RD));
    expect_errno(accept(server, NULL, NULL), EINVAL, "accept");
    int late = socket(AF_INET, SOCK_STREAM, 0);
    expect_errno(connect(late, (void *)&name, sizeof name), ECONNREFUSED, "connect");
    step_result("listen again", listen(server, 1));
    contract_pass();
}
