/* Contract: kcmp with KCMP_EPOLL_TFD compares an open file with the one that an epoll instance
 * watches under a number, by how often that number was added.
 * Source: kcmp(2), kernel/kcmp.c:kcmp_epoll_target, fs/eventpoll.c:get_epoll_tfile_raw_ptr. */
#include "../contract.h"
#include <linux/kcmp.h>
#include <sys/epoll.h>

static long compare(int fd, struct kcmp_epoll_slot *slot)
{
    return syscall(SYS_kcmp, getpid(), getpid(), KCMP_EPOLL_TFD, (unsigned long)fd, slot);
}

int main(void)
{
    int ends[2], others[2];
    expect(pipe(ends) == 0 && pipe(others) == 0, "pipe");
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    int high = dup2(others[0], 40);
    expect(epoll >= 0 && high == 40, "epoll and dup2");
    expect(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) == 0, "add");
    expect(epoll_ctl(epoll, EPOLL_CTL_ADD, high, &event) == 0, "add");
    struct kcmp_epoll_slot slot = {.efd = (unsigned)epoll, .tfd = (unsigned)ends[0], .toff = 0};
    step_result("the same", compare(ends[0], &slot));
    step("another", "%s", compare(ends[1], &slot) > 0 ? "differs" : "the same");
    slot.toff = 1;
    expect_errno(compare(ends[0], &slot), ENOENT, "added only once");
    slot.toff = 0;
    slot.tfd = (unsigned)high;
    step_result("a dup", compare(others[0], &slot));
    /* The number means another file now; the old one is still watched, through its dup. */
    expect(dup2(ends[1], high) == high, "dup2");
    step_result("the old one", compare(others[0], &slot));
    expect(epoll_ctl(epoll, EPOLL_CTL_ADD, high, &(struct epoll_event){.events = EPOLLOUT}) == 0,
           "add again");
    int old = 0, new = 0;
    for (slot.toff = 0; slot.toff < 2; slot.toff++) {
        old += compare(others[0], &slot) == 0;
        new += compare(ends[1], &slot) == 0;
    }
    step("both under one number", "%d %d", old, new);
    slot.toff = 0;
    slot.tfd = 77;
    expect_errno(compare(ends[0], &slot), ENOENT, "not watched");
    slot.efd = (unsigned)ends[0];
    expect_errno(compare(ends[0], &slot), EINVAL, "not an epoll");
    slot.efd = 99;
    expect_errno(compare(ends[0], &slot), EBADF, "no epoll");
    expect_errno(compare(99, &slot), EBADF, "no file");
    slot.efd = (unsigned)epoll;
    expect_errno(compare(ends[0], NULL), EFAULT, "slot nowhere");
    contract_pass();
}
