/* Contract: one connection more than the backlog can wait to be accepted; the next connect()
 * waits, is EAGAIN if non-blocking or when SO_SNDTIMEO is over, and goes on when one is accepted.
 * A connected client can send before it is accepted. Negative backlogs are large.
 * Source: listen(2), unix(7); af_unix.c:unix_stream_connect(). */
#include "../contract.h"
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

static struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "listener"};

static int client(int flags)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | flags, 0);
    return connect(fd, (void *)&name, sizeof name) == 0 ? fd : -1;
}

int main(void)
{
    int server = socket(AF_UNIX, SOCK_STREAM, 0), clients[3];
    char text[8] = "";
    expect(bind(server, (void *)&name, sizeof name) == 0, "bind");
    expect_errno(accept(server, NULL, NULL), EINVAL, "accept before listen");
    expect(listen(server, 1) == 0, "listen");
    struct pollfd watched = {server, POLLIN | POLLOUT, 0};
    step_result("poll of an idle listener", poll(&watched, 1, 0));
    clients[0] = client(SOCK_NONBLOCK);
    clients[1] = client(SOCK_NONBLOCK);
    step("two fit", "%d", clients[0] >= 0 && clients[1] >= 0);
    step_result("poll", poll(&watched, 1, 0));
    step("events", "%#x", watched.revents);
    expect_errno(client(SOCK_NONBLOCK), EAGAIN, "the third");
    int timed = socket(AF_UNIX, SOCK_STREAM, 0);
    struct timeval limit = {0, 40000};
    expect(setsockopt(timed, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0, "SO_SNDTIMEO");
    expect_errno(connect(timed, (void *)&name, sizeof name), EAGAIN, "SO_SNDTIMEO");
    step_result("send before accept", send(clients[0], "early", 5, 0));
    pid_t child = fork();
    if (child == 0) {
        int fd = client(0);
        expect(fd >= 0 && write(fd, "late", 4) == 4, "connect that waits");
        _exit(0);
    }
    wait_for_state(child, 'S');
    int accepted = accept(server, NULL, NULL);
    step_result("first come, first served", read(accepted, text, 5));
    step("text", "%s", text);
    wait_for_success(child);
    expect(listen(server, 5) == 0, "listen again");
    step("a longer backlog", "%d", client(SOCK_NONBLOCK) >= 0);
    accept(server, NULL, NULL);
    accepted = accept(server, NULL, NULL);
    memset(text, 0, sizeof text);
    step_result("of the child that is gone", read(accepted, text, 5));
    step("text", "%s", text);
    expect(listen(server, -1) == 0, "listen -1");
    int count = 0;
    while (count < 20 && client(SOCK_NONBLOCK) >= 0)
        count++;
    step("backlog -1 takes", "%d", count);
    expect(shutdown(server, SHUT_RD) == 0, "shutdown");
    expect_errno(client(0), ECONNREFUSED, "connect after shutdown");
    contract_pass();
}
