/* Contract: events come in the order in which files became ready; what maxevents cut off comes
 * first next time, level-triggered files go to the end: a fair turn for each.
 * epoll_wait(2); fs/eventpoll.c:ep_send_events(). */
#include "contract.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

static int epoll;

static void wait_some(const char *what, int most)
{
    struct epoll_event events[8];
    char text[64] = "";
    int count = epoll_wait(epoll, events, most, 0);
    for (int i = 0; i < count; i++)
        sprintf(text + strlen(text), " %u", (unsigned)events[i].data.u64);
    step(what, "%d:%s", count, text);
}

int main(void)
{
    int fds[5];
    epoll = epoll_create(1);
    for (int i = 0; i < 5; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u64 = i};
        fds[i] = eventfd(0, 0);
        expect(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event) == 0, "epoll_ctl");
    }
    eventfd_write(fds[3], 1);
    eventfd_write(fds[0], 1);
    eventfd_write(fds[4], 1);
    eventfd_write(fds[1], 1);
    eventfd_write(fds[3], 1);
    wait_some("two", 2);
    wait_some("two more", 2);
    wait_some("two more", 2);
    wait_some("all", 8);
    eventfd_write(fds[2], 1);
    wait_some("a new one comes last", 8);
    eventfd_t value;
    eventfd_read(fds[0], &value);
    eventfd_read(fds[3], &value);
    wait_some("two are read", 8);
    eventfd_write(fds[3], 1);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = 14};
    expect(epoll_ctl(epoll, EPOLL_CTL_MOD, fds[4], &event) == 0, "epoll_ctl");
    wait_some("one is edge-triggered now", 8);
    wait_some("and is left out", 8);
    expect_errno(syscall(SYS_epoll_pwait, epoll, &event, 0, 0, NULL, 8), EINVAL, "no events wanted");
    expect_errno(syscall(SYS_epoll_pwait, epoll, &event, -1, 0, NULL, 8), EINVAL, "negative");
    expect_errno(syscall(SYS_epoll_pwait, epoll, 8, 1, 0, NULL, 8), EFAULT, "bad array");
    expect_errno(epoll_wait(fds[0], &event, 1, 0), EINVAL, "not an epoll");
    expect_errno(epoll_wait(-1, &event, 1, 0), EBADF, "no descriptor");
    contract_pass();
}
