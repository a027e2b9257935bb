/* Contract: MSG_OOB on an AF_UNIX stream: the last byte is out of band. It can be read once by
 * MSG_OOB (else EINVAL), tells by POLLPRI and SIGURG, and normal reading stops before it, then
 * passes over it. SIOCATMARK is true there. With SO_OOBINLINE it is one of the bytes.
 * Requires: Linux 6.12
 * Source: unix(7); af_unix.c:queue_oob(), manage_oob(). */
#include "../contract.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#ifndef SIOCATMARK
#define SIOCATMARK 0x8905
#endif

static int pair[2];
static volatile sig_atomic_t urgent;

static void on_urgent(int number) { (void)number, urgent++; }

static void state(const char *name)
{
    struct pollfd watched = {pair[1], POLLIN | POLLPRI, 0};
    int mark = -1, waiting = -1;
    expect(poll(&watched, 1, 0) >= 0, "poll");
    expect(ioctl(pair[1], SIOCATMARK, &mark) == 0, "SIOCATMARK");
    expect(ioctl(pair[1], FIONREAD, &waiting) == 0, "FIONREAD");
    step(name, "events %#x, at mark %d, waiting %d", watched.revents, mark, waiting);
}

static void take(const char *name, int flags)
{
    char text[16] = "";
    ssize_t got = recv(pair[1], text, 15, flags);
    if (got < 0)
        step(name, "%s", errno_name(errno));
    else
        step(name, "%zd '%s'", got, text);
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_urgent};
    int on = 1;
    sigaction(SIGURG, &action, NULL);
    expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0, "socketpair");
    expect(fcntl(pair[1], F_SETOWN, getpid()) == 0, "F_SETOWN");
    state("nothing");
    take("MSG_OOB", MSG_OOB);
    expect_errno(send(pair[0], "", 0, MSG_OOB), EOPNOTSUPP, "an empty one");
    step_result("send", send(pair[0], "ab", 2, 0));
    step_result("send, MSG_OOB", send(pair[0], "cD", 2, MSG_OOB));
    step("SIGURG", "%d", urgent);
    step_result("send", send(pair[0], "ef", 2, 0));
    state("all sent");
    take("peek, MSG_OOB", MSG_OOB | MSG_PEEK);
    take("peek", MSG_PEEK);
    take("up to the mark", 0);
    state("at the mark");
    take("MSG_OOB", MSG_OOB);
    take("MSG_OOB again", MSG_OOB);
    state("after it was read");
    take("behind the mark", 0);
    state("all read");

    expect(send(pair[0], "gH", 2, MSG_OOB) == 2 && send(pair[0], "ij", 2, 0) == 2, "send");
    take("MSG_OOB first", MSG_OOB);
    state("in the middle");
    take("reading stops where it was", 0);
    take("and goes on", 0);

    expect(send(pair[0], "N", 1, MSG_OOB) == 1 && send(pair[0], "O", 1, MSG_OOB) == 1, "send");
    state("two of them");
    take("the first is a byte as any other", 0);
    take("MSG_OOB", MSG_OOB);
    take("nothing else", 0);
    state("at the end");

    expect(setsockopt(pair[1], SOL_SOCKET, SO_OOBINLINE, &on, sizeof on) == 0, "SO_OOBINLINE");
    expect(send(pair[0], "pQ", 2, MSG_OOB) == 2 && send(pair[0], "r", 1, 0) == 1, "send");
    state("in line");
    take("MSG_OOB", MSG_OOB);
    take("up to the mark", 0);
    take("the byte in line", 0);
    state("all read");
    step("SIGURG", "%d", urgent);

    on = 0;
    expect(setsockopt(pair[1], SOL_SOCKET, SO_OOBINLINE, &on, sizeof on) == 0, "SO_OOBINLINE");
    expect(send(pair[0], "kL", 2, MSG_OOB) == 2 && send(pair[0], "m", 1, 0) == 1, "send");
    take("up to the mark", 0);
    take("past it: the byte is lost", 0);
    take("MSG_OOB", MSG_OOB);

    close(pair[0]);
    take("end", 0);
    contract_pass();
}
