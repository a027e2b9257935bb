/* Contract: an epoll instance is readable when one of its files is ready, for poll, select and
 * another epoll; an outer edge needs a new inner event; closing the inner one takes it out.
 * epoll(7). */
#include "contract.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

static void look(const char *what, int epoll)
{
    struct epoll_event event = {0};
    int count = epoll_wait(epoll, &event, 1, 0);
    step(what, "%d %x", count, event.events);
}

static void look_poll(const char *what, int epoll)
{
    struct pollfd one = {.fd = epoll, .events = POLLIN | POLLOUT | POLLRDNORM};
    int count = poll(&one, 1, 0);
    step(what, "%d %x", count, one.revents);
}

int main(void)
{
    eventfd_t value;
    int inner = epoll_create1(0), outer = epoll_create1(0), edge = epoll_create1(0);
    int event = eventfd(0, 0);
    struct epoll_event in = {.events = EPOLLIN}, once = {.events = EPOLLIN | EPOLLET};
    expect(epoll_ctl(inner, EPOLL_CTL_ADD, event, &in) == 0, "inner");
    expect(epoll_ctl(outer, EPOLL_CTL_ADD, inner, &in) == 0, "outer");
    expect(epoll_ctl(edge, EPOLL_CTL_ADD, inner, &once) == 0, "edge");
    look("outer, nothing", outer);
    look_poll("poll, nothing", inner);
    eventfd_write(event, 1);
    look_poll("poll inner", inner);
    look_poll("poll outer", outer);
    look("outer", outer);
    look("edge", edge);
    look("edge again", edge);
    look("inner", inner);
    look("outer after inner", outer);
    eventfd_write(event, 1);
    look("edge after a new event", edge);
    eventfd_read(event, &value);
    look("outer after the read", outer);
    look_poll("poll inner after the read", inner);
    expect_errno(read(inner, &value, 8), EINVAL, "read of an epoll");
    expect_errno(write(inner, &value, 8), EINVAL, "write to an epoll");
    eventfd_write(event, 1);
    close(inner);
    look("inner is closed", outer);
    look("inner is closed, edge", edge);
    contract_pass();
}
