/* Contract: fsync, fdatasync, syncfs, sync_file_range, posix_fadvise and readahead check descriptors,
 * kinds of file, ranges and flags, each in its own way.
 * Requires: tmpfs
 * fsync(2), sync_file_range(2), posix_fadvise(2), readahead(2); fs/sync.c, mm/fadvise.c. */
#include "../contract.h"
#include <limits.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

static int fds[8];
static const char *names[8] = {"file", "read only", "directory", "pipe", "socket", "/dev/null",
                               "eventfd", "closed"};

static long call(int which, int fd)
{
    switch (which) {
    case 0: return fsync(fd);
    case 1: return fdatasync(fd);
    case 2: return syncfs(fd);
    case 3: return syscall(SYS_sync_file_range, fd, 0L, 10L, 7);
    case 4: return syscall(SYS_fadvise64, fd, 0L, 10L, POSIX_FADV_WILLNEED);
    default: return readahead(fd, 0, 10);
    }
}

int main(void)
{
    static const char *calls[6] = {"fsync", "fdatasync", "syncfs", "sync_file_range",
                                   "fadvise64", "readahead"};
    int ends[2], pair[2];
    expect(pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "setup");
    fds[0] = open("file", O_RDWR | O_CREAT, 0600);
    fds[1] = open("file", O_RDONLY);
    fds[2] = open(".", O_RDONLY);
    fds[3] = ends[0];
    fds[4] = pair[0];
    fds[5] = open("/dev/null", O_RDWR);
    fds[6] = eventfd(0, 0);
    fds[7] = 99;
    for (int which = 0; which < 6; which++)
        for (int kind = 0; kind < 8; kind++) {
            char name[64];
            snprintf(name, sizeof name, "%s, %s", calls[which], names[kind]);
            step_result(name, call(which, fds[kind]));
        }
    int place = open("file", O_PATH), writing = open("file", O_WRONLY);
    for (int which = 0; which < 6; which++)
        expect_errno(call(which, place), EBADF, "O_PATH");
    expect_errno(readahead(writing, 0, 1), EBADF, "readahead, write only");
    expect_errno(syscall(SYS_sync_file_range, fds[0], -1L, 1L, 2), EINVAL, "negative offset");
    expect_errno(syscall(SYS_sync_file_range, fds[0], 0L, -1L, 2), EINVAL, "negative length");
    expect_errno(syscall(SYS_sync_file_range, fds[0], LONG_MAX, 1L, 2), EINVAL, "wraps around");
    expect_errno(syscall(SYS_sync_file_range, fds[0], 0L, 1L, 8), EINVAL, "an unknown flag");
    expect_errno(syscall(SYS_sync_file_range, fds[3], 0L, 1L, 8), EINVAL, "on a pipe");
    step_result("no flag", syscall(SYS_sync_file_range, fds[0], 0L, 0L, 0));
    for (int advice = -1; advice < 8; advice++)
        step_result("advice", syscall(SYS_fadvise64, fds[0], 0L, 0L, advice));
    expect_errno(syscall(SYS_fadvise64, fds[0], 0L, -1L, 0), EINVAL, "negative length");
    step_result("negative offset", syscall(SYS_fadvise64, fds[0], -1L, 1L, 0));
    expect_errno(syscall(SYS_fadvise64, fds[3], 0L, -1L, 9), ESPIPE, "a pipe comes first");
    expect_errno(syscall(SYS_fadvise64, fds[5], 0L, 0L, 9), EINVAL, "unknown advice, device");
    contract_pass();
}
