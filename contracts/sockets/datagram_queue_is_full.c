/* Contract: a datagram socket that is not connected to its sender takes 11 messages
 * (net.unix.max_dgram_qlen is 10); the next sender waits, or gets EAGAIN, and a connected
 * sender's poll() is not writable until one is read. A pair has no such limit, only SO_SNDBUF,
 * beyond which a message is EMSGSIZE.
 * Source: unix(7); af_unix.c:unix_recvq_full(), unix_dgram_poll(). */
#include "../contract.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

static char block[300000];

static int writable(int fd)
{
    struct pollfd watched = {fd, POLLOUT, 0};
    return poll(&watched, 1, 0);
}

int main(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "receiver"};
    int receiver = socket(AF_UNIX, SOCK_DGRAM, 0), count = 0;
    int sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    expect(bind(receiver, (void *)&name, sizeof name) == 0, "bind");
    while (sendto(sender, "x", 1, 0, (void *)&name, sizeof name) == 1)
        count++;
    step("messages until the queue is full", "%d, then %s", count, errno_name(errno));
    step("unconnected sender is writable", "%d", writable(sender));
    expect(connect(sender, (void *)&name, sizeof name) == 0, "connect");
    step("connected sender is writable", "%d", writable(sender));
    int set = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLOUT | EPOLLET};
    expect(epoll_ctl(set, EPOLL_CTL_ADD, sender, &event) == 0, "epoll_ctl");
    step_result("epoll before", epoll_wait(set, &event, 1, 0));
    expect(recv(receiver, block, 1, 0) == 1, "recv");
    step_result("epoll after one was read", epoll_wait(set, &event, 1, 0));
    step("and writable", "%d", writable(sender));

    expect(send(sender, "y", 1, 0) == 1, "send");
    pid_t child = fork();
    if (child == 0) {
        expect(fcntl(sender, F_SETFL, 0) == 0 && send(sender, "z", 1, 0) == 1, "blocked send");
        _exit(0);
    }
    wait_for_state(child, 'S');
    for (int i = 0; i < 12; i++)
        expect(recv(receiver, block, 1, 0) == 1, "recv");
    step("last message", "%c", block[0]);
    wait_for_success(child);

    int pair[2];
    expect(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair) == 0, "socketpair");
    for (count = 0; send(pair[0], "x", 1, 0) == 1; count++)
        ;
    step("a pair takes more", "%d, then %s", count > 100, errno_name(errno));
    step("a full pair is writable", "%d", writable(pair[0]));
    step("a connected receiver's own queue matters not", "%d", writable(pair[1]));
    int size = 4096;
    expect(setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size) == 0, "SO_SNDBUF");
    step_result("largest message", send(pair[1], block, 8192 - 32, 0));
    expect_errno(send(pair[1], block, 8192 - 31, 0), EMSGSIZE, "one byte more");
    contract_pass();
}
