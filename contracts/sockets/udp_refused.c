/* Contract: a port that nobody has is told to a connected sender by its next call or poll(), as
 * ECONNREFUSED, once; an unconnected one never hears of it. shutdown() of an unconnected socket
 * is ENOTCONN; sending after SHUT_WR is EPIPE without a signal.
 * Source: udp(7); net/ipv4/udp.c:__udp4_lib_err(). */
#include "../contract.h"
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

static int events(int fd)
{
    struct pollfd watched = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
    expect(poll(&watched, 1, 0) >= 0, "poll");
    return watched.revents;
}

/* Wait until the refusal has come back. */
static void await_refusal(int fd)
{
    struct pollfd watched = {fd, 0, 0};
    expect(poll(&watched, 1, 10000) == 1 && watched.revents == POLLERR, "a refusal");
}

int main(void)
{
    int families[] = {AF_INET, AF_INET6};
    for (int i = 0; i < 2; i++) {
        struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
        struct sockaddr_in four = {.sin_family = AF_INET};
        four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        struct sockaddr *name = i ? (void *)&six : (void *)&four;
        socklen_t size = i ? sizeof six : sizeof four, length = size;
        int holder = socket(families[i], SOCK_DGRAM, 0), error = -1;
        char byte;
        expect(bind(holder, name, size) == 0 && getsockname(holder, name, &size) == 0, "bind");
        close(holder);
        int fd = socket(families[i], SOCK_DGRAM | SOCK_NONBLOCK, 0);
        step("fresh", "events %#x", events(fd));
        step_result("unconnected", sendto(fd, "x", 1, 0, name, length));
        step_result("unconnected again", sendto(fd, "x", 1, 0, name, length));
        step("events", "%#x", events(fd));
        expect_errno(shutdown(fd, SHUT_RDWR), ENOTCONN, "shutdown");
        close(fd);
        fd = socket(families[i], SOCK_DGRAM | SOCK_NONBLOCK, 0);
        expect(connect(fd, name, length) == 0, "connect");
        step_result("connected", send(fd, "x", 1, 0));
        await_refusal(fd);
        step("events", "%#x", events(fd));
        expect_errno(send(fd, "x", 1, 0), ECONNREFUSED, "next send");
        step("events", "%#x", events(fd));
        step_result("and the next", send(fd, "x", 1, 0));
        await_refusal(fd);
        expect_errno(recv(fd, &byte, 1, 0), ECONNREFUSED, "told by recv");
        expect_errno(recv(fd, &byte, 1, 0), EAGAIN, "once");
        expect(send(fd, "x", 1, 0) == 1, "send");
        await_refusal(fd);
        socklen_t four_bytes = sizeof error;
        expect(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &four_bytes) == 0, "SO_ERROR");
        step("SO_ERROR", "%s", errno_name(error));
        step_result("SHUT_WR", shutdown(fd, SHUT_WR));
        expect_errno(send(fd, "x", 1, 0), EPIPE, "send after it");
        step_result("SHUT_RD", shutdown(fd, SHUT_RD));
        expect_errno(recv(fd, &byte, 1, 0), EAGAIN, "recv, non-blocking");
        expect(fcntl(fd, F_SETFL, 0) == 0, "F_SETFL");
        step_result("recv, blocking", recv(fd, &byte, 1, 0));
        step("events", "%#x", events(fd));
        close(fd);
    }
    contract_pass();
}
