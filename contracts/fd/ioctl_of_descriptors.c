/* Contract: FIOCLEX and FIONCLEX set and clear close-on-exec, FIONBIO O_NONBLOCK, FIONREAD counts what
 * is left, FIOQSIZE the size; what a file does not know is ENOTTY, and the argument may be EFAULT.
 * Requires: tmpfs
 * ioctl(2), ioctl_tty(2); fs/ioctl.c:do_vfs_ioctl(). */
#include "../contract.h"
#include <sys/ioctl.h>

#ifndef FIOQSIZE
#define FIOQSIZE 0x5460
#endif

int main(void)
{
    int fd = open("file", O_RDWR | O_CREAT, 0600), ends[2], on = 1, off = 0, count = -1;
    long long size = -1;
    expect(pipe(ends) == 0 && write(fd, "0123456789", 10) == 10, "setup");
    step_result("FIOCLEX", ioctl(fd, FIOCLEX));
    step_result("F_GETFD", fcntl(fd, F_GETFD));
    step_result("FIONCLEX", ioctl(fd, FIONCLEX));
    step_result("F_GETFD", fcntl(fd, F_GETFD));
    step_result("FIONBIO on", ioctl(fd, FIONBIO, &on));
    step("O_NONBLOCK", "%d", !!(fcntl(fd, F_GETFL) & O_NONBLOCK));
    step_result("FIONBIO off", ioctl(fd, FIONBIO, &off));
    step("O_NONBLOCK", "%d", !!(fcntl(fd, F_GETFL) & O_NONBLOCK));
    expect_errno(ioctl(fd, FIONBIO, 8), EFAULT, "FIONBIO nowhere");
    expect_errno(ioctl(fd, FIOASYNC, 8), EFAULT, "FIOASYNC nowhere");
    step_result("FIONREAD at the end", ioctl(fd, FIONREAD, &count));
    step("left", "%d", count);
    expect(lseek(fd, 3, SEEK_SET) == 3, "lseek");
    step_result("FIONREAD", ioctl(fd, FIONREAD, &count));
    step("left", "%d", count);
    expect(lseek(fd, 30, SEEK_SET) == 30, "lseek");
    step_result("FIONREAD beyond the end", ioctl(fd, FIONREAD, &count));
    step("left", "%d", count);
    expect_errno(ioctl(fd, FIONREAD, 8), EFAULT, "FIONREAD nowhere");
    step_result("FIOQSIZE", ioctl(fd, FIOQSIZE, &size));
    step("size", "%lld", size);
    expect_errno(ioctl(ends[0], FIOQSIZE, &size), ENOTTY, "FIOQSIZE of a pipe");
    expect_errno(ioctl(fd, TCGETS, &size), ENOTTY, "TCGETS of a file");
    expect_errno(ioctl(ends[0], TIOCGWINSZ, &size), ENOTTY, "TIOCGWINSZ of a pipe");
    expect_errno(ioctl(open(".", O_RDONLY), FIONREAD, &count), ENOTTY, "FIONREAD of a directory");
    expect_errno(ioctl(open("/dev/null", O_RDONLY), FIONREAD, &count), ENOTTY, "of /dev/null");
    expect_errno(ioctl(fd, 0x12345678, 8), ENOTTY, "an unknown request");
    expect_errno(ioctl(99, FIOCLEX), EBADF, "not open");
    contract_pass();
}
