/* Contract: how a TCP connection ends: SHUT_WR is the end of file after what was sent, poll()
 * shows POLLRDHUP; the other half goes on. Writing to who has closed is first taken, then EPIPE
 * with SIGPIPE; closing with unread data or SO_LINGER 0 is ECONNRESET, after what had arrived;
 * listeners that close reset what nobody accepted.
 * Source: tcp(7), shutdown(2); net/ipv4/tcp.c, tcp_input.c:tcp_reset(). */
#include "../contract.h"
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

static int server, one, two;
static struct sockaddr_in name;
static volatile sig_atomic_t pipes;

static void on_pipe(int number) { (void)number, pipes++; }

static int events(int fd)
{
    struct pollfd watched = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
    expect(poll(&watched, 1, 0) >= 0, "poll");
    return watched.revents;
}

/* Wait until something but writability shows. */
static int news(int fd)
{
    struct pollfd watched = {fd, POLLIN | POLLRDHUP, 0};
    expect(poll(&watched, 1, 5000) == 1, "poll");
    return events(fd);
}

static void connect_both(void)
{
    one = socket(AF_INET, SOCK_STREAM, 0);
    expect(connect(one, (void *)&name, sizeof name) == 0, "connect");
    two = accept(server, NULL, NULL);
    expect(two >= 0, "accept");
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
    char text[16];
    struct sigaction action = {.sa_handler = on_pipe};
    sigaction(SIGPIPE, &action, NULL);
    name = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof name;
    server = socket(AF_INET, SOCK_STREAM, 0);
    expect(bind(server, (void *)&name, size) == 0 && listen(server, 5) == 0, "listen");
    expect(getsockname(server, (void *)&name, &size) == 0, "getsockname");

    connect_both();
    step("connected", "events %#x %#x", events(one), events(two));
    expect(send(one, "last", 4, 0) == 4 && shutdown(one, SHUT_WR) == 0, "shutdown");
    step("SHUT_WR at the other end", "events %#x", news(two));
    step("here", "events %#x", events(one));
    step_result("what was sent", recv(two, text, 16, MSG_WAITALL));
    step_result("then the end", recv(two, text, 16, 0));
    expect_errno(send(one, "x", 1, 0), EPIPE, "send after SHUT_WR");
    step("SIGPIPE", "%d", pipes);
    expect(send(two, "reply", 5, 0) == 5, "send");
    step_result("the other half", recv(one, text, 5, MSG_WAITALL));
    close(two);
    step("both closed", "events %#x", news(one));
    step_result("the end", recv(one, text, 5, 0));
    struct sockaddr_in peer;
    expect_errno(getpeername(one, (void *)&peer, &size), ENOTCONN, "getpeername");
    expect_errno(shutdown(one, SHUT_RD), ENOTCONN, "shutdown");
    close(one);

    connect_both();
    close(two);
    step("peer closed", "events %#x", news(one));
    pipes = 0;
    step_result("first send", send(one, "x", 1, 0));
    struct pollfd watched = {one, 0, 0};
    expect(poll(&watched, 1, 5000) == 1, "poll");
    step("after the reset", "events %#x", events(one));
    expect_errno(send(one, "x", 1, 0), EPIPE, "second send");
    step("SIGPIPE", "%d", pipes);
    step_result("read", recv(one, text, 1, 0));
    close(one);

    connect_both();
    expect(send(one, "unread", 6, 0) == 6 && send(two, "before", 6, 0) == 6, "send");
    expect(news(two) && news(one), "arrived");
    close(two);
    expect(poll(&(struct pollfd){one, 0, 0}, 1, 5000) == 1, "poll");
    step("closed with unread data", "events %#x", events(one));
    step_result("what had arrived", recv(one, text, 16, 0));
    expect_errno(recv(one, text, 16, 0), ECONNRESET, "reset");
    step_result("then the end", recv(one, text, 16, 0));
    close(one);

    connect_both();
    struct linger hard = {1, 0};
    expect(setsockopt(two, SOL_SOCKET, SO_LINGER, &hard, sizeof hard) == 0, "SO_LINGER");
    close(two);
    expect(poll(&(struct pollfd){one, 0, 0}, 1, 5000) == 1, "poll");
    step("SO_LINGER 0", "events %#x", events(one));
    step("SO_ERROR", "%s", errno_name(error_of(one)));
    expect_errno(send(one, "x", 1, MSG_NOSIGNAL), EPIPE, "send");
    close(one);

    connect_both();
    step_result("SHUT_RD", shutdown(one, SHUT_RD));
    step("events", "%#x %#x", events(one), events(two));
    step_result("read", recv(one, text, 1, 0));
    step_result("the other end may send", send(two, "late", 4, 0));
    step_result("and it can be read", recv(one, text, 16, 0));
    close(one);
    close(two);

    one = socket(AF_INET, SOCK_STREAM, 0);
    expect(connect(one, (void *)&name, sizeof name) == 0, "connect");
    expect(news(server) == POLLIN, "listener");
    close(server);
    expect(poll(&(struct pollfd){one, 0, 0}, 1, 5000) == 1, "poll");
    step("never accepted", "events %#x", events(one));
    expect_errno(recv(one, text, 1, 0), ECONNRESET, "reset");
    contract_pass();
}
