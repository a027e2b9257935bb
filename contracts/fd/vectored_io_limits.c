/* Contract: readv and writev take 0 to IOV_MAX (1024) pieces, refuse lengths that are negative as
 * a ssize_t (EINVAL), and check addresses of all pieces before any is moved (EFAULT).
 * readv(2); lib/iov_iter.c:__import_iovec().
 * Requires: Linux 6.12 */
#include "../contract.h"
#include <limits.h>
#include <sys/uio.h>

int main(void)
{
    static struct iovec many[1025];
    static char bytes[2048];
    int fd = open("file", O_RDWR | O_CREAT, 0600), reading = open("file", O_RDONLY);
    for (int i = 0; i < 1025; i++)
        many[i] = (struct iovec){bytes + i, 1};
    step_result("no piece", syscall(SYS_writev, fd, many, 0));
    step_result("no piece, no array", syscall(SYS_writev, fd, NULL, 0));
    step_result("1024 pieces", syscall(SYS_writev, fd, many, 1024));
    expect_errno(syscall(SYS_writev, fd, many, 1025), EINVAL, "1025 pieces");
    expect_errno(syscall(SYS_writev, fd, many, -1), EINVAL, "-1 pieces");
    expect_errno(syscall(SYS_readv, fd, many, 1025), EINVAL, "read 1025 pieces");
    expect_errno(syscall(SYS_writev, fd, (void *)-1L, 1), EFAULT, "array outside user space");
    expect_errno(syscall(SYS_writev, fd, (void *)16, 1), EFAULT, "array that is not mapped");
    expect_errno(syscall(SYS_writev, reading, many, 1025), EBADF, "not open for writing");
    expect_errno(syscall(SYS_writev, 99, many, 1025), EBADF, "not open");
    many[1].iov_len = (size_t)-1;
    expect_errno(syscall(SYS_writev, fd, many, 2), EINVAL, "negative length");
    step_result("not looked at", syscall(SYS_writev, fd, many, 1));
    many[1].iov_len = (size_t)SSIZE_MAX + 1;
    expect_errno(syscall(SYS_writev, fd, many, 2), EINVAL, "one beyond SSIZE_MAX");
    many[1] = (struct iovec){(void *)-4096L, 10};
    expect_errno(syscall(SYS_writev, fd, many, 2), EFAULT, "second piece outside user space");
    many[1] = (struct iovec){(void *)-4096L, 0};
    expect_errno(syscall(SYS_writev, fd, many, 2), EFAULT, "even with no length");
    many[1] = (struct iovec){NULL, 0};
    many[2] = (struct iovec){bytes, 3};
    step_result("an empty piece between", syscall(SYS_writev, fd, many, 3));
    step_result("size", lseek(fd, 0, SEEK_END));
    contract_pass();
}
