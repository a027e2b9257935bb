/* Contract: lseek is ESPIPE on pipes, FIFOs, sockets and terminals, EINVAL for a wrong whence and a
 * negative result, the offset stays where it was.
 * Requires: tmpfs
 * lseek(2); fs/read_write.c:ksys_lseek(), generic_file_llseek(). */
#include "../contract.h"
#include <limits.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

int main(void)
{
    int pair[2], ends[2], fd = open("file", O_RDWR | O_CREAT, 0600);
    expect(pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "setup");
    expect(mkfifo("fifo", 0600) == 0, "mkfifo");
    expect_errno(lseek(ends[0], 0, SEEK_CUR), ESPIPE, "pipe");
    expect_errno(lseek(ends[1], 0, SEEK_END), ESPIPE, "write end");
    expect_errno(lseek(pair[0], 1, SEEK_SET), ESPIPE, "socket");
    expect_errno(lseek(open("fifo", O_RDWR), 0, SEEK_SET), ESPIPE, "fifo");
    expect_errno(lseek(ends[0], 0, 9), EINVAL, "whence comes first");
    expect_errno(lseek(99, 0, 9), EBADF, "after the descriptor");
    expect_errno(lseek(open("file", O_PATH), 0, SEEK_SET), EBADF, "O_PATH");
    step_result("write", write(fd, "0123456789", 10));
    expect_errno(lseek(fd, -1, SEEK_SET), EINVAL, "before the start");
    expect_errno(lseek(fd, -11, SEEK_CUR), EINVAL, "before the start from here");
    expect_errno(lseek(fd, -11, SEEK_END), EINVAL, "before the start from the end");
    step_result("nothing moved", lseek(fd, 0, SEEK_CUR));
    step_result("beyond the end", lseek(fd, 1000, SEEK_END));
    step_result("read there", read(fd, (char[1]){0}, 1));
    step_result("the end is where it was", lseek(fd, 0, SEEK_END));
    step_result("the last offset", lseek(fd, LONG_MAX, SEEK_SET));
    expect_errno(lseek(fd, 1, SEEK_CUR), EINVAL, "beyond the last");
    expect_errno(lseek(fd, LONG_MAX, SEEK_END), EINVAL, "beyond the last from the end");
    step_result("read at the last offset", read(fd, (char[1]){0}, 1));
    expect_errno(write(fd, "x", 1), EINVAL, "write at the last offset");
    int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR);
    step_result("/dev/null", lseek(null, 5, SEEK_SET));
    step_result("/dev/zero", lseek(zero, 5, SEEK_CUR));
    step_result("eventfd", lseek(eventfd(0, 0), 5, SEEK_SET));
    int directory = open(".", O_RDONLY);
    step_result("directory", lseek(directory, 0, SEEK_SET));
    expect_errno(lseek(directory, -1, SEEK_SET), EINVAL, "directory, negative");
    contract_pass();
}
