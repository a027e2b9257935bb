/* Contract: level-triggered readiness is reported until it is gone; edge-triggered once for each
 * new event, a second write being one though the first was not read; EPOLLONESHOT once until it
 * is armed again. epoll(7). */
#include "contract.h"
#include <sys/epoll.h>

static int epoll;

static void wait_once(const char *what)
{
    struct epoll_event events[4] = {0};
    int count = epoll_wait(epoll, events, 4, 0);
    if (count > 0)
        step(what, "%d: %x %d", count, events[0].events, events[0].data.fd);
    else
        step_result(what, count);
}

static void set(int operation, int fd, unsigned events)
{
    struct epoll_event event = {.events = events, .data.fd = events & 0xff};
    expect(epoll_ctl(epoll, operation, fd, &event) == 0, "epoll_ctl");
}

int main(void)
{
    int ends[2];
    char byte;
    epoll = epoll_create1(0);
    expect(pipe(ends) == 0, "pipe");
    set(EPOLL_CTL_ADD, ends[0], EPOLLIN);
    wait_once("empty");
    expect(write(ends[1], "ab", 2) == 2, "write");
    wait_once("level");
    wait_once("level again");
    set(EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLET);
    wait_once("edge after MOD");
    wait_once("edge again");
    expect(read(ends[0], &byte, 1) == 1, "read");
    wait_once("edge after a read that leaves data");
    expect(write(ends[1], "c", 1) == 1, "write");
    wait_once("edge after another write");
    wait_once("edge again");
    set(EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT);
    wait_once("one-shot");
    wait_once("one-shot again");
    expect(write(ends[1], "d", 1) == 1, "write");
    wait_once("one-shot after a write");
    set(EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT);
    wait_once("armed again");
    set(EPOLL_CTL_MOD, ends[0], 0);
    wait_once("asked for nothing");
    close(ends[1]);
    wait_once("hang-up is always asked for");
    set(EPOLL_CTL_MOD, ends[0], EPOLLET | EPOLLIN | EPOLLRDHUP);
    wait_once("edge of a hang-up");
    wait_once("no second edge");
    set(EPOLL_CTL_DEL, ends[0], 0);
    wait_once("deleted");
    expect(pipe(ends) == 0, "pipe");
    set(EPOLL_CTL_ADD, ends[1], EPOLLOUT | EPOLLET);
    wait_once("writable edge");
    wait_once("no second edge");
    expect(write(ends[1], "x", 1) == 1 && read(ends[0], &byte, 1) == 1, "pass a byte");
    wait_once("no edge for a pipe that was not full");
    close(ends[0]);
    wait_once("the reader goes");
    contract_pass();
}
