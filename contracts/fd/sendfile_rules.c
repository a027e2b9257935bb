/* Contract: sendfile moves the offset that it was given, or the source's own; it refuses sources
 * without pages and targets with O_APPEND (EINVAL), and stops at the end of the source.
 * Requires: tmpfs, Linux 6.12
 * sendfile(2); fs/read_write.c:do_sendfile(). */
#include "../contract.h"
#include <sys/sendfile.h>
#include <sys/socket.h>

int main(void)
{
    int ends[2], pair[2], null = open("/dev/null", O_RDWR), target;
    int fd = open("file", O_RDWR | O_CREAT, 0600), appending;
    char data[64] = "";
    off_t offset = 2;
    expect(pipe2(ends, O_NONBLOCK) == 0, "pipe2");
    expect(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
    step_result("write", write(fd, "0123456789", 10));
    step_result("to a file, with an offset", sendfile(target = open("to", O_RDWR | O_CREAT, 0600),
                                                      fd, &offset, 5));
    step("offset, source, target", "%ld %ld %ld", (long)offset, (long)lseek(fd, 0, SEEK_CUR),
         (long)lseek(target, 0, SEEK_CUR));
    expect(pread(target, data, 16, 0) == 5, "pread");
    step("target", "%s", data);
    expect(lseek(fd, 8, SEEK_SET) == 8, "lseek");
    step_result("from its own offset, more than there is", sendfile(pair[0], fd, NULL, 100));
    step_result("source", lseek(fd, 0, SEEK_CUR));
    step_result("nothing is left", sendfile(pair[0], fd, NULL, 100));
    offset = 0;
    step_result("to a pipe", sendfile(ends[1], fd, &offset, 4));
    step_result("in the pipe", read(ends[0], data, 64));
    step_result("count 0", sendfile(target, fd, NULL, 0));
    offset = 100;
    step_result("beyond the end", sendfile(target, fd, &offset, 5));
    step("offset", "%ld", (long)offset);
    offset = -1;
    expect_errno(sendfile(target, fd, &offset, 5), EINVAL, "negative offset");
    expect_errno(sendfile(target, 99, NULL, 1), EBADF, "no source");
    expect_errno(sendfile(99, fd, NULL, 1), EBADF, "no target");
    expect_errno(sendfile(open("file", O_RDONLY), fd, NULL, 1), EBADF, "target read only");
    expect_errno(sendfile(target, open("file", O_WRONLY), NULL, 1), EBADF, "source write only");
    expect_errno(sendfile(target, fd, (off_t *)8, 1), EFAULT, "offset nowhere");
    appending = open("to", O_WRONLY | O_APPEND);
    expect_errno(sendfile(appending, fd, NULL, 1), EINVAL, "target with O_APPEND");
    offset = 0;
    expect_errno(sendfile(target, ends[0], &offset, 1), ESPIPE, "offset of a pipe");
    expect_errno(sendfile(target, open(".", O_RDONLY), NULL, 1), EINVAL, "from a directory");
    step_result("from /dev/zero", sendfile(target, open("/dev/zero", O_RDONLY), NULL, 3));
    step_result("to /dev/null", sendfile(null, fd, &offset, 10));
    static char big[200000];
    step_result("200000 bytes", pwrite(fd, big, sizeof big, 0));
    offset = 0;
    step_result("what a pipe holds", sendfile(ends[1], fd, &offset, sizeof big));
    step("offset", "%ld", (long)offset);
    expect_errno(sendfile(ends[1], fd, &offset, 1), EAGAIN, "a full pipe");
    step_result("file to file", sendfile(target, fd, &(off_t){0}, sizeof big));
    contract_pass();
}
