/* Contract: truncate and ftruncate change the size both ways, zeros fill what is new, the offset
 * stays; wrong kinds of file, lengths, modes and paths are errors in Linux's order.
 * Requires: root
 * truncate(2); fs/open.c. */
#include "../contract.h"
#include <limits.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

int main(void)
{
    int ends[2], pair[2], fd = open("file", O_RDWR | O_CREAT, 0644);
    char data[8] = "........", path[5000];
    expect(pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "setup");
    expect(mkfifo("fifo", 0600) == 0 && mkdir("directory", 0700) == 0, "setup");
    expect(symlink("file", "link") == 0 && symlink("loop", "loop") == 0, "symlink");
    step_result("write", write(fd, "0123456789", 10));
    step_result("shorter", ftruncate(fd, 4));
    step_result("longer", truncate("link", 8));
    step_result("read", pread(fd, data, 8, 0));
    step("bytes", "%.4s %d%d%d%d", data, data[4], data[5], data[6], data[7]);
    step_result("offset", lseek(fd, 0, SEEK_CUR));
    step_result("size", lseek(fd, 0, SEEK_END));
    expect_errno(ftruncate(fd, -1), EINVAL, "negative");
    expect_errno(ftruncate(99, -1), EINVAL, "before the descriptor");
    expect_errno(ftruncate(99, 0), EBADF, "not open");
    expect_errno(ftruncate(open("file", O_RDONLY), 0), EINVAL, "read only");
    expect_errno(ftruncate(open("file", O_PATH), 0), EBADF, "O_PATH");
    expect_errno(ftruncate(ends[1], 0), EINVAL, "pipe");
    expect_errno(ftruncate(pair[0], 0), EINVAL, "socket");
    expect_errno(ftruncate(open("directory", O_RDONLY), 0), EINVAL, "directory");
    expect_errno(ftruncate(open("/dev/null", O_WRONLY), 0), EINVAL, "device");
    expect_errno(truncate("directory", 0), EISDIR, "path of a directory");
    expect_errno(truncate("fifo", 0), EINVAL, "path of a FIFO");
    expect_errno(truncate("/dev/null", 0), EINVAL, "path of a device");
    expect_errno(truncate("nothing", 0), ENOENT, "no such path");
    expect_errno(truncate("nothing", -1), EINVAL, "the length comes first");
    expect_errno(truncate("file/x", 0), ENOTDIR, "below a file");
    expect_errno(truncate("loop", 0), ELOOP, "a loop");
    expect_errno(truncate((char *)8, 0), EFAULT, "path nowhere");
    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = 0;
    expect_errno(truncate(path, 0), ENAMETOOLONG, "a long path");
    int append = open("file", O_WRONLY | O_APPEND);
    step_result("O_APPEND", ftruncate(append, 6));
    struct rlimit limit, before;
    signal(SIGXFSZ, SIG_IGN);
    expect(getrlimit(RLIMIT_FSIZE, &before) == 0, "getrlimit");
    limit = before;
    limit.rlim_cur = 100;
    expect(setrlimit(RLIMIT_FSIZE, &limit) == 0, "setrlimit");
    long to = ftruncate(fd, 100), beyond = truncate("file", 101);
    int error = errno;
    expect(setrlimit(RLIMIT_FSIZE, &before) == 0, "setrlimit");
    step("RLIMIT_FSIZE and beyond", "%ld, %ld %s", to, beyond, errno_name(error));
    expect(fchmod(fd, 06755) == 0 && chmod("directory", 0755) == 0, "chmod");
    expect(chmod(".", 0755) == 0 && setresuid(65534, 65534, 65534) == 0, "setresuid");
    expect_errno(truncate("file", 0), EACCES, "no permission to write");
    step_result("an open descriptor is permission", ftruncate(fd, 5));
    struct stat status;
    expect(fstat(fd, &status) == 0, "fstat");
    step("set-id bits are gone", "%o", (unsigned)status.st_mode & 07777);
    contract_pass();
}
