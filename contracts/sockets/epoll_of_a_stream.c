/* Contract: an edge-triggered epoll reports a stream again when more arrives, even if the old
 * bytes were not read, not when some are read; writability again after the buffer was full and
 * emptied; the peer's shutdown and close as EPOLLRDHUP and EPOLLHUP. Level-triggered it is
 * reported as long as bytes are there.
 * Source: epoll(7); af_unix.c:unix_poll(), unix_write_space(). */
#include "../contract.h"
#include <sys/epoll.h>
#include <sys/socket.h>

static int set;

static void report(const char *name)
{
    struct epoll_event event = {0};
    int count = epoll_wait(set, &event, 1, 0);
    if (count == 1)
        step(name, "%#x", event.events);
    else
        step(name, "%d", count);
}

int main(void)
{
    int pair[2];
    static char block[65536];
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};
    expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0, "socketpair");
    set = epoll_create1(0);
    expect(epoll_ctl(set, EPOLL_CTL_ADD, pair[0], &event) == 0, "epoll_ctl");
    report("writable at first");
    report("and no more");
    expect(write(pair[1], "one", 3) == 3, "write");
    report("bytes came");
    report("and no more");
    expect(write(pair[1], "two", 3) == 3, "write");
    report("more bytes came");
    expect(read(pair[0], block, 2) == 2, "read");
    report("some were read");
    expect(read(pair[0], block, 9) == 4, "read");
    report("all were read");
    expect(write(pair[1], "x", 1) == 1 && read(pair[0], block, 9) == 1, "write and read");
    report("came and went");
    while (write(pair[0], block, sizeof block) > 0)
        ;
    report("full");
    while (read(pair[1], block, sizeof block) > 0)
        ;
    report("emptied");
    event.events = EPOLLIN;
    expect(epoll_ctl(set, EPOLL_CTL_MOD, pair[0], &event) == 0, "epoll_ctl");
    expect(write(pair[1], "level", 5) == 5, "write");
    report("level-triggered");
    report("again");
    expect(read(pair[0], block, 5) == 5, "read");
    report("all were read");
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
    expect(epoll_ctl(set, EPOLL_CTL_MOD, pair[0], &event) == 0, "epoll_ctl");
    expect(shutdown(pair[1], SHUT_WR) == 0, "shutdown");
    report("the peer's SHUT_WR");
    report("and no more");
    close(pair[1]);
    report("the peer's close");
    report("and no more");
    close(pair[0]);
    report("closed: gone from the set");

    struct epoll_event two[4];
    int fds[4];
    expect(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds) == 0, "socketpair");
    expect(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds + 2) == 0, "socketpair");
    for (int i = 0; i < 4; i++) {
        event.events = EPOLLIN | EPOLLONESHOT;
        event.data.u32 = i;
        expect(epoll_ctl(set, EPOLL_CTL_ADD, fds[i], &event) == 0, "epoll_ctl");
    }
    expect(write(fds[2], "b", 1) == 1 && write(fds[0], "a", 1) == 1, "write");
    int count = epoll_wait(set, two, 4, -1);
    step("two are ready, in the order of events", "%d: %u %u", count, two[0].data.u32,
         two[1].data.u32);
    step_result("one-shot", epoll_wait(set, two, 4, 0));
    contract_pass();
}
