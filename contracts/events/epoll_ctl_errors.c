/* Contract: what epoll_ctl refuses, in which order: EPERM for files that are always ready, EINVAL
 * for itself and for EPOLLEXCLUSIVE where it has no meaning, ELOOP for circles and chains of more
 * than five. epoll_ctl(2); fs/eventpoll.c:do_epoll_ctl(). */
#include "contract.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

static int control(int epoll, int operation, int fd, unsigned events)
{
    struct epoll_event event = {.events = events};
    return epoll_ctl(epoll, operation, fd, &event);
}

int main(void)
{
    int epoll = epoll_create1(0), event = eventfd(0, 0), other = eventfd(0, 0);
    int file = open("file", O_RDWR | O_CREAT, 0600), directory = open(".", O_RDONLY);
    expect_errno(epoll_create1(1), EINVAL, "create1 with an unknown flag");
    expect_errno(control(epoll, EPOLL_CTL_ADD, file, EPOLLIN), EPERM, "regular file");
    expect_errno(control(epoll, EPOLL_CTL_ADD, directory, EPOLLIN), EPERM, "directory");
    expect_errno(control(epoll, EPOLL_CTL_DEL, file, EPOLLIN), EPERM, "DEL of a file");
    expect_errno(control(epoll, 9, file, EPOLLIN), EPERM, "EPERM comes before the operation");
    expect_errno(control(epoll, 9, event, EPOLLIN), EINVAL, "unknown operation");
    expect_errno(control(epoll, EPOLL_CTL_ADD, epoll, EPOLLIN), EINVAL, "itself");
    expect_errno(control(file, EPOLL_CTL_ADD, event, EPOLLIN), EINVAL, "not an epoll");
    expect_errno(control(-1, EPOLL_CTL_ADD, event, EPOLLIN), EBADF, "no epoll");
    expect_errno(control(epoll, EPOLL_CTL_ADD, -1, EPOLLIN), EBADF, "no descriptor");
    expect_errno(control(epoll, EPOLL_CTL_ADD, open("file", O_PATH), EPOLLIN), EBADF, "O_PATH");
    expect_errno(control(epoll, EPOLL_CTL_MOD, event, EPOLLIN), ENOENT, "MOD of nothing");
    expect_errno(control(epoll, EPOLL_CTL_DEL, event, EPOLLIN), ENOENT, "DEL of nothing");
    expect_errno(syscall(SYS_epoll_ctl, epoll, EPOLL_CTL_ADD, event, 8), EFAULT, "bad event");
    expect_errno(syscall(SYS_epoll_ctl, -1, EPOLL_CTL_ADD, event, 8), EFAULT, "EFAULT is first");
    step_result("DEL needs no event", (control(epoll, EPOLL_CTL_ADD, event, EPOLLIN),
                                       syscall(SYS_epoll_ctl, epoll, EPOLL_CTL_DEL, event, 8)));

    step_result("EPOLLEXCLUSIVE", control(epoll, EPOLL_CTL_ADD, event, EPOLLIN | EPOLLEXCLUSIVE));
    expect_errno(control(epoll, EPOLL_CTL_MOD, event, EPOLLIN | EPOLLEXCLUSIVE), EINVAL,
                 "MOD with EPOLLEXCLUSIVE");
    expect_errno(control(epoll, EPOLL_CTL_MOD, event, EPOLLIN), EINVAL, "MOD of an exclusive");
    expect_errno(control(epoll, EPOLL_CTL_ADD, other, EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT),
                 EINVAL, "exclusive and one-shot");
    expect_errno(control(epoll, EPOLL_CTL_ADD, other, EPOLLIN | EPOLLEXCLUSIVE | EPOLLRDHUP),
                 EINVAL, "exclusive and EPOLLRDHUP");
    step_result("exclusive, edge, wake-up",
                control(epoll, EPOLL_CTL_ADD, other,
                        EPOLLIN | EPOLLOUT | EPOLLET | EPOLLWAKEUP | EPOLLEXCLUSIVE));
    int nested[7];
    for (int i = 0; i < 7; i++)
        nested[i] = epoll_create1(0);
    expect_errno(control(epoll, EPOLL_CTL_ADD, nested[0], EPOLLIN | EPOLLEXCLUSIVE), EINVAL,
                 "an exclusive epoll");
    for (int i = 0; i < 6; i++)
        step_result("one more level", control(nested[i + 1], EPOLL_CTL_ADD, nested[i], EPOLLIN));
    expect_errno(control(nested[0], EPOLL_CTL_ADD, nested[2], EPOLLIN), ELOOP, "a circle");
    contract_pass();
}
