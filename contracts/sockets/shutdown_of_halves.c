/* Contract: shutdown() of a half is seen at the other end: what was sent still arrives, then end
 * of file; sending into a half that is shut is EPIPE, with SIGPIPE on streams unless
 * MSG_NOSIGNAL; poll() reports POLLRDHUP, and POLLHUP once both halves are gone.
 * Source: shutdown(2), send(2), poll(2); af_unix.c:unix_shutdown(), unix_poll(). */
#include "../contract.h"
#include <poll.h>
#include <sys/socket.h>

static volatile sig_atomic_t pipes;

static void on_pipe(int number) { pipes += number == SIGPIPE; }

static int events(int fd)
{
    struct pollfd watched = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
    expect(poll(&watched, 1, 0) >= 0, "poll");
    return watched.revents;
}

static void both(const char *name, int *pair)
{
    step(name, "events %#x and %#x", events(pair[0]), events(pair[1]));
}

int main(void)
{
    int types[] = {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM};
    const char *names[] = {"stream", "seqpacket", "datagram"};
    struct sigaction action = {.sa_handler = on_pipe};
    sigaction(SIGPIPE, &action, NULL);
    for (int i = 0; i < 3; i++) {
        int pair[2];
        char byte = 0;
        step("type", "%s", names[i]);
        expect(socketpair(AF_UNIX, types[i] | SOCK_NONBLOCK, 0, pair) == 0, "socketpair");
        expect_errno(shutdown(pair[0], 3), EINVAL, "how 3");
        expect_errno(shutdown(pair[0], -1), EINVAL, "how -1");
        both("fresh", pair);
        expect(send(pair[0], "a", 1, 0) == 1 && send(pair[1], "b", 1, 0) == 1, "send");
        step_result("SHUT_WR", shutdown(pair[0], SHUT_WR));
        both("after it", pair);
        expect_errno(send(pair[0], "x", 1, 0), EPIPE, "send into it");
        step("SIGPIPE", "%d", pipes);
        expect_errno(send(pair[0], "x", 1, MSG_NOSIGNAL), EPIPE, "MSG_NOSIGNAL");
        expect_errno(write(pair[0], "x", 1), EPIPE, "write");
        step("SIGPIPE", "%d", pipes);
        step_result("what was sent", recv(pair[1], &byte, 1, 0));
        step_result("then", recv(pair[1], &byte, 1, 0));
        step_result("the other way: send", send(pair[1], "c", 1, 0));
        step_result("receive", recv(pair[0], &byte, 1, 0));
        step_result("SHUT_WR again", shutdown(pair[0], SHUT_WR));
        step_result("SHUT_RD", shutdown(pair[0], SHUT_RD));
        both("after both", pair);
        step_result("what was sent before SHUT_RD", recv(pair[0], &byte, 1, 0));
        step_result("then", recv(pair[0], &byte, 1, 0));
        expect_errno(send(pair[1], "x", 1, MSG_NOSIGNAL), EPIPE, "send to a reader that is gone");
        close(pair[0]);
        step("the other closed", "events %#x", events(pair[1]));
        pipes = 0;
        close(pair[1]);
    }
    int lonely = socket(AF_UNIX, SOCK_STREAM, 0);
    step("unconnected", "events %#x", events(lonely));
    step_result("shutdown of it", shutdown(lonely, SHUT_RDWR));
    expect_errno(shutdown(0, SHUT_RD), ENOTSOCK, "no socket");
    contract_pass();
}
