/* Contract: vmsplice to a write end puts the pages themselves into the pipe: a store before the
 * read is seen by the reader; from a read end it copies out. Only pipes are taken (EBADF).
 * vmsplice(2); fs/splice.c:do_vmsplice(). */
#include "../contract.h"
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>

int main(void)
{
    int ends[2], waiting, fd = open("file", O_RDWR | O_CREAT, 0600);
    char small[64] = "", *pages = mmap(NULL, 20 * 4096, PROT_READ | PROT_WRITE,
                                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(pages != MAP_FAILED && pipe2(ends, O_NONBLOCK) == 0, "setup");
    strcpy(pages, "first");
    struct iovec one = {pages, 6}, two[2] = {{pages, 3}, {pages + 4096, 5}};
    struct iovec out = {small, 64};
    step_result("to the pipe", vmsplice(ends[1], &one, 1, 0));
    memcpy(pages, "later", 5);
    step_result("read", read(ends[0], small, 64));
    step("the page is shared", "%s", small);
    memcpy(pages + 4096, "again", 5);
    step_result("two pieces", vmsplice(ends[1], two, 2, 0));
    expect(ioctl(ends[0], FIONREAD, &waiting) == 0, "FIONREAD");
    step("FIONREAD", "%d", waiting);
    step_result("from the pipe", vmsplice(ends[0], &out, 1, 0));
    step("data", "%.8s", small);
    expect_errno(vmsplice(ends[0], &out, 1, SPLICE_F_NONBLOCK), EAGAIN, "empty");
    struct iovec all = {pages, 20 * 4096};
    step_result("as many pages as it holds", vmsplice(ends[1], &all, 1, 0));
    expect_errno(vmsplice(ends[1], &one, 1, SPLICE_F_NONBLOCK), EAGAIN, "full");
    struct iovec large = {pages, 20 * 4096};
    step_result("all out", vmsplice(ends[0], &large, 1, 0));
    step_result("no piece", vmsplice(ends[1], &one, 0, 0));
    one.iov_len = 0;
    step_result("an empty piece", vmsplice(ends[1], &one, 1, 0));
    expect_errno(vmsplice(ends[0], &one, 1, 16), EINVAL, "an unknown flag");
    one.iov_len = 6;
    expect_errno(vmsplice(fd, &one, 1, 0), EBADF, "no pipe");
    expect_errno(vmsplice(99, &one, 1, 0), EBADF, "not open");
    expect_errno(vmsplice(ends[1], &one, 1025, 0), EINVAL, "too many pieces");
    expect_errno(vmsplice(ends[1], (struct iovec *)8, 1, 0), EFAULT, "pieces nowhere");
    one.iov_base = (void *)8;
    expect_errno(vmsplice(ends[1], &one, 1, 0), EFAULT, "a piece that is not mapped");
    strcpy(pages, "kept");
    one.iov_base = pages;
    step_result("to the pipe", vmsplice(ends[1], &one, 1, SPLICE_F_GIFT));
    expect(munmap(pages, 20 * 4096) == 0, "munmap");
    step_result("read what was unmapped", read(ends[0], small, 64));
    step("data", "%.4s", small);
    close(ends[0]);
    signal(SIGPIPE, SIG_IGN);
    one = (struct iovec){small, 1};
    expect_errno(vmsplice(ends[1], &one, 1, 0), EPIPE, "no reader");
    contract_pass();
}
