/* Contract: pread, pwrite, preadv and pwritev move at the given offset and leave the file's own;
 * negative offsets are EINVAL, pipes and sockets ESPIPE, and O_APPEND wins over pwrite's offset.
 * pread(2) with its BUGS, readv(2); fs/read_write.c.
 * Requires: Linux 6.12 */
#include "../contract.h"
#include <limits.h>
#include <sys/socket.h>
#include <sys/uio.h>

int main(void)
{
    int ends[2], pair[2], fd = open("file", O_RDWR | O_CREAT, 0600);
    int appending = open("file", O_RDWR | O_APPEND), reading = open("file", O_RDONLY);
    int writing = open("file", O_WRONLY);
    char data[32] = "";
    struct iovec pieces[2] = {{data, 3}, {data + 10, 20}};
    expect(pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "setup");
    step_result("write", write(fd, "0123456789", 10));
    step_result("pread", pread(fd, data, 4, 3));
    step("data", "%.4s", data);
    step_result("preadv", preadv(fd, pieces, 2, 5));
    step("data", "%.3s %.2s", data, data + 10);
    step_result("pread at the end", pread(fd, data, 4, 10));
    step_result("pread beyond it", pread(fd, data, 4, 1 << 30));
    step_result("offset", lseek(fd, 0, SEEK_CUR));
    step_result("pwrite beyond the end", pwrite(fd, "x", 1, 20));
    step_result("size", lseek(fd, 0, SEEK_END));
    step_result("pwritev", pwritev(fd, (struct iovec[]){{"ab", 2}, {"cd", 2}}, 2, 1));
    step_result("pread", pread(fd, data, 6, 0));
    step("data", "%.6s", data);
    step_result("pwrite with O_APPEND", pwrite(appending, "tail", 4, 0));
    step_result("offset with O_APPEND", lseek(appending, 0, SEEK_CUR));
    step_result("size", lseek(fd, 0, SEEK_END));
    expect_errno(pread(fd, data, 1, -1), EINVAL, "pread at -1");
    expect_errno(pwrite(fd, data, 1, -1), EINVAL, "pwrite at -1");
    expect_errno(preadv(fd, pieces, 2, -1), EINVAL, "preadv at -1");
    expect_errno(pread(99, data, 1, -1), EINVAL, "the offset is checked first");
    expect_errno(pread(ends[0], data, 1, 0), ESPIPE, "pread of a pipe");
    expect_errno(pwrite(ends[1], data, 1, 0), ESPIPE, "pwrite of a pipe");
    expect_errno(preadv(ends[0], pieces, 2, 0), ESPIPE, "preadv of a pipe");
    expect_errno(pwrite(pair[0], data, 1, 0), ESPIPE, "pwrite of a socket");
    expect_errno(pwrite(ends[0], data, 1, 0), ESPIPE, "before the mode is looked at");
    expect_errno(pwrite(reading, data, 1, 0), EBADF, "pwrite, read only");
    expect_errno(pread(writing, data, 1, 0), EBADF, "pread, write only");
    expect_errno(syscall(SYS_preadv, writing, pieces, 2000L, 0L, 0L), EBADF, "preadv, write only");
    expect_errno(pread(fd, data, 2, LONG_MAX), EINVAL, "range beyond the last offset");
    expect_errno(pwrite(fd, data, 2, LONG_MAX), EINVAL, "write beyond the last offset");
    expect_errno(pread(open(".", O_RDONLY), data, 2, 0), EISDIR, "pread of a directory");
    contract_pass();
}
