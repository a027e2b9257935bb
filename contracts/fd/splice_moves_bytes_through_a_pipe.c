/* Contract: splice moves bytes between a pipe and a file, a socket or another pipe; file offsets
 * move as read and write would, or the given one does; it moves what there is.
 * Requires: tmpfs, Linux 6.12
 * splice(2); fs/splice.c. */
#include "../contract.h"
#include <sys/ioctl.h>
#include <sys/socket.h>

static int ends[2];

static void waiting(const char *name)
{
    int bytes;
    expect(ioctl(ends[0], FIONREAD, &bytes) == 0, "FIONREAD");
    step(name, "%d in the pipe", bytes);
}

int main(void)
{
    int other[2], pair[2], fd = open("file", O_RDWR | O_CREAT, 0600);
    int to = open("to", O_RDWR | O_CREAT, 0600);
    static char data[100000];
    loff_t offset = 3;
    expect(pipe(ends) == 0 && pipe(other) == 0, "pipe");
    expect(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
    step_result("write", write(fd, "0123456789", 10));
    step_result("file to pipe, offset given", splice(fd, &offset, ends[1], NULL, 4, 0));
    step("offsets", "%ld %ld", (long)offset, (long)lseek(fd, 0, SEEK_CUR));
    expect(lseek(fd, 8, SEEK_SET) == 8, "lseek");
    step_result("its own offset, up to the end", splice(fd, NULL, ends[1], NULL, 100, 0));
    step("offset", "%ld", (long)lseek(fd, 0, SEEK_CUR));
    step_result("at the end", splice(fd, NULL, ends[1], NULL, 100, SPLICE_F_MOVE));
    waiting("now");
    step_result("pipe to pipe", splice(ends[0], NULL, other[1], NULL, 3, 0));
    waiting("now");
    step_result("pipe to file", splice(ends[0], NULL, to, NULL, 2, 0));
    offset = 10;
    step_result("pipe to file, offset given", splice(ends[0], NULL, to, &offset, 100, 0));
    step("offsets", "%ld %ld", (long)offset, (long)lseek(to, 0, SEEK_CUR));
    waiting("now");
    expect(pread(to, data, 20, 0) == 11, "pread");
    step("file", "%.2s %d %.1s", data, data[2], data + 10);
    step_result("pipe to socket", splice(other[0], NULL, pair[0], NULL, 100, SPLICE_F_MORE));
    step_result("socket to pipe", splice(pair[1], NULL, ends[1], NULL, 100, 0));
    step_result("read", read(ends[0], data, 100));
    step("data", "%.3s", data);
    step_result("nothing asked", splice(fd, NULL, ends[1], NULL, 0, 0));
    step_result("write", pwrite(fd, data, sizeof data, 0));
    offset = 100;
    step_result("as much as the pipe holds", splice(fd, &offset, ends[1], NULL, 100000, 0));
    waiting("full");
    expect_errno(splice(fd, &offset, ends[1], NULL, 1, SPLICE_F_NONBLOCK), EAGAIN, "full");
    step_result("pipe to /dev/null", splice(ends[0], NULL, open("/dev/null", O_WRONLY), NULL,
                                            1 << 20, 0));
    waiting("now");
    step_result("from /dev/zero", splice(open("/dev/zero", O_RDONLY), NULL, ends[1], NULL, 5, 0));
    step_result("read", read(ends[0], data, 100));
    expect_errno(splice(ends[0], NULL, to, NULL, 1, SPLICE_F_NONBLOCK), EAGAIN, "empty");
    close(ends[1]);
    step_result("empty, no writer", splice(ends[0], NULL, to, NULL, 1, 0));
    signal(SIGPIPE, SIG_IGN);
    close(other[0]);
    offset = 0;
    expect_errno(splice(fd, &offset, other[1], NULL, 1, 0), EPIPE, "no reader");
    contract_pass();
}
