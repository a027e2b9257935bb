/* Contract: preadv2 and pwritev2 at offset -1 use and move the file's offset; RWF_APPEND appends
 * for once, RWF_NOAPPEND undoes O_APPEND, RWF_NOWAIT does not wait, and flags that mean nothing
 * for the file or the direction are EOPNOTSUPP.
 * Requires: tmpfs, Linux 6.12
 * preadv2(2); include/linux/fs.h:kiocb_set_rw_flags(). */
#include "../contract.h"
#include <linux/fs.h>
#include <sys/uio.h>

#ifndef RWF_NOAPPEND
#define RWF_NOAPPEND 0x20
#endif

static long pread2(int fd, void *data, size_t size, long offset, int flags)
{
    return syscall(SYS_preadv2, fd, &(struct iovec){data, size}, 1L, offset, 0L, flags);
}

static long pwrite2(int fd, void *data, size_t size, long offset, int flags)
{
    return syscall(SYS_pwritev2, fd, &(struct iovec){data, size}, 1L, offset, 0L, flags);
}

static void content(int fd)
{
    char data[64] = "";
    expect(pread(fd, data, 63, 0) >= 0, "pread");
    step("content", "%s, offset %ld", data, (long)lseek(fd, 0, SEEK_CUR));
}

int main(void)
{
    char data[16] = "";
    int ends[2], fd = open("file", O_RDWR | O_CREAT, 0600), append;
    step_result("at the offset", pwrite2(fd, "abcdef", 6, -1, 0));
    content(fd);
    step_result("at 1", pwrite2(fd, "B", 1, 1, RWF_DSYNC));
    content(fd);
    step_result("RWF_APPEND at 0", pwrite2(fd, "gh", 2, 0, RWF_APPEND));
    content(fd);
    step_result("RWF_APPEND at the offset", pwrite2(fd, "ij", 2, -1, RWF_APPEND | RWF_SYNC));
    content(fd);
    append = open("file", O_RDWR | O_APPEND);
    step_result("RWF_NOAPPEND at 0", pwrite2(append, "A", 1, 0, RWF_NOAPPEND));
    step_result("RWF_NOAPPEND at the offset", pwrite2(append, "X", 1, -1, RWF_NOAPPEND));
    content(append);
    expect_errno(pwrite2(fd, "A", 1, 0, RWF_APPEND | RWF_NOAPPEND), EINVAL, "both");
    step_result("read RWF_APPEND", pread2(fd, data, 1, 0, RWF_APPEND));
    step_result("read RWF_HIPRI", pread2(fd, data, 3, 0, RWF_HIPRI));
    step_result("read RWF_NOWAIT", pread2(fd, data, 3, 0, RWF_NOWAIT));
    step("data", "%.3s", data);
    step_result("RWF_ATOMIC, reading", pread2(fd, data, 1, 0, 0x40));
    expect_errno(pwrite2(fd, "A", 1, 0, 0x40), EOPNOTSUPP, "RWF_ATOMIC");
    expect_errno(pread2(fd, data, 1, 0, 0x80), EOPNOTSUPP, "RWF_DONTCACHE");
    expect_errno(pread2(fd, data, 1, 0, 0x40000000), EOPNOTSUPP, "an unknown flag");
    expect_errno(pread2(fd, data, 1, -2, 0), EINVAL, "offset -2");
    expect(lseek(fd, 0, SEEK_SET) == 0, "lseek");
    step_result("read at the offset", pread2(fd, data, 4, -1, 0));
    step_result("offset", lseek(fd, 0, SEEK_CUR));
    expect(pipe(ends) == 0, "pipe");
    expect_errno(pread2(ends[0], data, 1, 0, 0), ESPIPE, "a pipe has no offset");
    expect_errno(pread2(ends[0], data, 1, -1, RWF_NOWAIT), EAGAIN, "empty pipe, RWF_NOWAIT");
    step_result("write, offset -1", pwrite2(ends[1], "pipe", 4, -1, RWF_NOWAIT));
    step_result("read, offset -1", pread2(ends[0], data, 16, -1, 0));
    expect(fcntl(ends[1], F_SETPIPE_SZ, 4096) == 4096, "F_SETPIPE_SZ");
    static char page[5000];
    step_result("more than fits, RWF_NOWAIT", pwrite2(ends[1], page, 5000, -1, RWF_NOWAIT));
    expect_errno(pwrite2(ends[1], page, 1, -1, RWF_NOWAIT), EAGAIN, "full, RWF_NOWAIT");
    contract_pass();
}
