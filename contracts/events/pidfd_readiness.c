/* Contract: a pidfd is readable once its process is a zombie, at once for one that is, and hung up
 * when it has been waited for; it cannot be read. pidfd_open(2).
 * Requires: Linux 6.12 */
#include "contract.h"
#include <poll.h>
#include <sys/epoll.h>

static void show(const char *what, int fd)
{
    struct pollfd one = {.fd = fd, .events = POLLIN | POLLOUT};
    int count = poll(&one, 1, 0);
    step(what, "%d %x", count, one.revents);
}

int main(void)
{
    char byte;
    int go[2];
    expect(pipe(go) == 0, "pipe");
    pid_t child = fork();
    if (child == 0) {
        close(go[1]);
        _exit(read(go[0], &byte, 1));
    }
    int fd = syscall(SYS_pidfd_open, child, 0), epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    expect(fd >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, "pidfd_open");
    show("alive", fd);
    step("epoll", "%d", epoll_wait(epoll, &event, 1, 0));
    expect_errno(read(fd, &byte, 1), EINVAL, "read");
    expect_errno(write(fd, &byte, 1), EINVAL, "write");
    close(go[1]);
    int count = epoll_wait(epoll, &event, 1, -1);
    step("epoll", "%d %x", count, event.events);
    show("dead", fd);
    int late = syscall(SYS_pidfd_open, child, 0);
    show("opened when dead", late);
    wait_for_success(child);
    show("waited for", fd);
    count = epoll_wait(epoll, &event, 1, 0);
    step("epoll", "%d %x", count, event.events);
    expect_errno(syscall(SYS_pidfd_open, child, 0), ESRCH, "open when gone");
    expect_errno(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0), ESRCH, "signal when gone");
    expect_errno(syscall(SYS_pidfd_open, 0, 0), EINVAL, "pid 0");
    expect_errno(syscall(SYS_pidfd_open, getpid(), 1), EINVAL, "flags");
    contract_pass();
}
