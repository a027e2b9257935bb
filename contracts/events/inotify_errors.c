/* Contract: what inotify calls refuse, and which check comes first. inotify_init(2),
 * inotify_add_watch(2), inotify_rm_watch(2). */
#include "inotify.h"

static long add(int fd, const char *path, unsigned mask)
{
    return syscall(SYS_inotify_add_watch, fd, path, mask);
}

int main(void)
{
    char buffer[64];
    expect_errno(syscall(SYS_inotify_init1, 1), EINVAL, "init with an unknown flag");
    int fd = inotify_init1(IN_NONBLOCK), other = inotify_init1(IN_CLOEXEC);
    step("flags", "%o %d, %o %d", fcntl(fd, F_GETFL) & (O_NONBLOCK | O_ACCMODE),
         fcntl(fd, F_GETFD), fcntl(other, F_GETFL) & (O_NONBLOCK | O_ACCMODE),
         fcntl(other, F_GETFD));
    expect_errno(add(fd, ".", 0), EINVAL, "empty mask");
    expect_errno(add(-1, ".", 0), EINVAL, "empty mask comes before the descriptor");
    expect_errno(add(fd, ".", 1 << 27), EINVAL, "unknown bit");
    expect_errno(add(-1, NULL, IN_OPEN), EBADF, "no descriptor");
    expect_errno(add(1, NULL, IN_OPEN), EINVAL, "another kind of file");
    expect_errno(add(1, NULL, IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE), EINVAL, "both masks");
    expect_errno(add(fd, NULL, IN_OPEN), EFAULT, "no path");
    expect_errno(add(fd, "", IN_OPEN), ENOENT, "empty path");
    expect_errno(add(fd, "none", IN_OPEN), ENOENT, "no such file");
    expect_errno(syscall(SYS_inotify_rm_watch, fd, 1), EINVAL, "rm_watch of nothing");
    expect_errno(syscall(SYS_inotify_rm_watch, -1, 1), EBADF, "rm_watch without descriptor");
    expect_errno(syscall(SYS_inotify_rm_watch, 1, 1), EINVAL, "rm_watch of another file");
    expect_errno(read(fd, buffer, sizeof buffer), EAGAIN, "read of nothing");
    expect_errno(read(fd, buffer, 0), EAGAIN, "read of no bytes of nothing");
    expect_errno(write(fd, buffer, 1), EBADF, "write");
    step_result("IN_ONLYDIR without an event", add(fd, ".", IN_ONLYDIR) > 0);
    step_result("lseek", lseek(fd, 100, SEEK_SET));
    expect_errno(pread(fd, buffer, 64, 0), ESPIPE, "pread");

    watch(fd, ".", IN_CREATE);
    put_file("a name", "");
    expect_errno(read(fd, buffer, 0), EINVAL, "no room at all");
    expect_errno(read(fd, buffer, 31), EINVAL, "no room for the name");
    expect_errno(syscall(SYS_read, fd, 1, 64), EFAULT, "bad buffer");
    put_file("another", "");
    put_file("third", "");
    step_result("room for one", read(fd, buffer, 63));
    step_result("the other", read(fd, buffer, 64));
    step_result("nothing left", read(fd, buffer, 64));
    contract_pass();
}
