/* Contract: a write by another task wakes epoll_wait; with EPOLLEXCLUSIVE or one epoll that several
 * wait on, one waiter gets the event, the last that came; epoll_pwait2 waits nanoseconds and refuses bad ones.
 * epoll_wait(2). */
#include "contract.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>

int main(void)
{
    struct epoll_event got = {0}, in = {.events = EPOLLIN | EPOLLET, .data.u64 = 0x123456789abcdef};
    int epoll = epoll_create1(0), event = eventfd(0, EFD_NONBLOCK), report[2];
    expect(pipe(report) == 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, event, &in) == 0, "set up");
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        wait_for_state(parent, 'S');
        eventfd_write(event, 1);
        _exit(0);
    }
    int count = epoll_wait(epoll, &got, 1, -1);
    step("woken", "%d %x %llx", count, got.events, (unsigned long long)got.data.u64);
    wait_for_success(child);
    pid_t waiters[3];
    for (int i = 0; i < 3; i++) {
        if ((waiters[i] = fork()) == 0) {
            if (epoll_wait(epoll, &got, 1, -1) == 1)
                expect(write(report[1], "012" + i, 1) == 1, "report");
            pause();
        }
        wait_for_state(waiters[i], 'S');
    }
    char bytes[4];
    eventfd_write(event, 1);
    step_result("reports", read(report[0], bytes, 4));
    step("the last that came", "%c", bytes[0]);
    for (int i = 0; i < 3; i++)
        wait_for_state(waiters[i], 'S');
    expect(fcntl(report[0], F_SETFL, O_NONBLOCK) == 0, "fcntl");
    expect_errno(read(report[0], bytes, 4), EAGAIN, "no other report");
    for (int i = 0; i < 3; i++)
        kill(waiters[i], SIGKILL);
    while (wait(NULL) > 0)
        ;
#ifdef SYS_epoll_pwait2
    struct timespec brief = {0, 1000}, bad = {0, -1}, none = {0, 0};
    eventfd_t value;
    eventfd_read(event, &value);
    step_result("pwait2 times out", syscall(SYS_epoll_pwait2, epoll, &got, 1, &brief, NULL, 8));
    step_result("pwait2 at once", syscall(SYS_epoll_pwait2, epoll, &got, 1, &none, NULL, 8));
    expect_errno(syscall(SYS_epoll_pwait2, epoll, &got, 1, &bad, NULL, 8), EINVAL, "pwait2 bad");
    expect_errno(syscall(SYS_epoll_pwait2, epoll, &got, 1, &none, &none, 4), EINVAL, "mask size");
    eventfd_write(event, 1);
    step_result("pwait2 for ever", syscall(SYS_epoll_pwait2, epoll, &got, 1, NULL, NULL, 8));
#endif
    contract_pass();
}
