/* Contract: the last byte sent with MSG_OOB is out of line: POLLPRI, SIGURG to F_SETOWN, read
 * once by MSG_OOB (else EINVAL); normal reading stops before it, SIOCATMARK is true there, and
 * goes on behind it. With SO_OOBINLINE it is one of the bytes, MSG_OOB is EINVAL.
 * Source: tcp(7), send(2), fcntl(2); tcp_recv_urg(), tcp_check_urg(). */
#include "../contract.h"
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#ifndef SIOCATMARK
#define SIOCATMARK 0x8905
#endif

static int one, two;
static volatile sig_atomic_t urgent;

static void on_urgent(int number) { (void)number, urgent++; }

static void wait_for(int event)
{
    struct pollfd watched = {two, event, 0};
    expect(poll(&watched, 1, 5000) == 1, "poll");
}

static void state(const char *name)
{
    struct pollfd watched = {two, POLLIN | POLLPRI, 0};
    int mark = -1, waiting = -1;
    expect(poll(&watched, 1, 0) >= 0, "poll");
    expect(ioctl(two, SIOCATMARK, &mark) == 0 && ioctl(two, FIONREAD, &waiting) == 0, "ioctl");
    step(name, "events %#x, at mark %d, waiting %d", watched.revents, mark, waiting);
}

static void take(const char *name, int flags)
{
    char text[16] = "";
    ssize_t got = recv(two, text, 15, flags | MSG_DONTWAIT);
    if (got < 0)
        step(name, "%s", errno_name(errno));
    else
        step(name, "%zd '%s'", got, text);
}

int main(void)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof name;
    int server = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct sigaction action = {.sa_handler = on_urgent};
    sigaction(SIGURG, &action, NULL);
    expect(bind(server, (void *)&name, size) == 0 && listen(server, 5) == 0, "listen");
    expect(getsockname(server, (void *)&name, &size) == 0, "getsockname");
    one = socket(AF_INET, SOCK_STREAM, 0);
    expect(connect(one, (void *)&name, size) == 0, "connect");
    two = accept(server, NULL, NULL);
    expect(fcntl(two, F_SETOWN, getpid()) == 0, "F_SETOWN");
    state("nothing");
    take("MSG_OOB", MSG_OOB);
    expect(send(one, "ab", 2, 0) == 2, "send");
    wait_for(POLLIN);
    step_result("send, MSG_OOB", send(one, "cD", 2, MSG_OOB));
    wait_for(POLLPRI);
    step("SIGURG", "%d", urgent);
    expect(send(one, "ef", 2, 0) == 2, "send");
    while (ioctl(two, FIONREAD, &on) == 0 && on != 3)
        ;
    state("all sent");
    take("peek, MSG_OOB", MSG_OOB | MSG_PEEK);
    take("up to the mark", 0);
    state("at the mark");
    take("MSG_OOB", MSG_OOB);
    take("MSG_OOB again", MSG_OOB);
    state("after it was read");
    take("behind the mark", 0);
    state("all read");

    step_result("a second time", send(one, "gH", 2, MSG_OOB));
    wait_for(POLLPRI);
    take("up to the mark", 0);
    expect(send(one, "i", 1, 0) == 1, "send");
    wait_for(POLLIN);
    take("past the mark: the byte is lost", 0);
    take("MSG_OOB", MSG_OOB);

    on = 1;
    expect(setsockopt(two, SOL_SOCKET, SO_OOBINLINE, &on, sizeof on) == 0, "SO_OOBINLINE");
    expect(send(one, "jK", 2, MSG_OOB) == 2, "send");
    wait_for(POLLPRI);
    state("in line");
    take("MSG_OOB", MSG_OOB);
    take("up to the mark", 0);
    state("at the mark");
    take("the byte in line", 0);
    state("all read");
    step("SIGURG", "%d", urgent);
    contract_pass();
}
