/* Contract: stat(2), fstat(2), lstat(2) and fstatat(2) tell type, mode, links, size and device
 * number of every kind of object, and which flags and arguments are wrong.
 * Requires: root, tmpfs, Linux 6.12
 * Source: stat(2), inode(7), fs/stat.c. */
#include "../contract.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

static void show(const char *what, int result, const struct stat *status)
{
    if (result != 0)
        step(what, "%s", errno_name(errno));
    else
        step(what, "%06o, %lu links, %ld bytes, %ld blocks of %ld, device %u:%u, owner %d:%d",
             (unsigned)status->st_mode, (unsigned long)status->st_nlink, (long)status->st_size,
             (long)status->st_blocks, (long)status->st_blksize, major(status->st_rdev),
             minor(status->st_rdev), (int)status->st_uid, (int)status->st_gid);
}

static void path(const char *name)
{
    struct stat status;
    int result = lstat(name, &status);
    show(name, result, &status);
}

static void descriptor(const char *what, int fd)
{
    struct stat status;
    expect(fd >= 0, what);
    int result = fstat(fd, &status);
    show(what, result, &status);
}

int main(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"};
    struct stat status, other;
    int ends[2], pair[2];
    umask(022);
    int fd = open("file", O_CREAT | O_RDWR, 0666), s = socket(AF_UNIX, SOCK_STREAM, 0);
    expect(fd >= 0 && write(fd, "12345", 5) == 5, "file");
    expect(mkdir("directory", 0777) == 0 && symlink("directory/x", "link") == 0, "make");
    expect(mkfifo("fifo", 0666) == 0 && bind(s, (void *)&name, sizeof name) == 0, "make");
    expect(mknod("character", S_IFCHR | 0600, makedev(300, 70000)) == 0, "mknod");
    expect(mknod("block", S_IFBLK | 0600, makedev(299, 1)) == 0, "mknod");
    expect(pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "pairs");
    path("file");
    path("directory");
    path("link");
    path("fifo");
    path("socket");
    path("character");
    path("block");
    path("missing");
    path("file/");
    path("");
    descriptor("an open file", fd);
    descriptor("an O_PATH descriptor of a link", open("link", O_PATH | O_NOFOLLOW));
    descriptor("a nameless file", open(".", O_TMPFILE | O_RDWR, 0600));
    descriptor("a socket's descriptor", pair[0]);
    descriptor("a pipe", ends[1]);
    descriptor("an eventfd", eventfd(0, 0));
    descriptor("an epoll", epoll_create1(0));
    descriptor("a memfd", memfd_create("m", 0));
    show("no descriptor", fstat(99, &status), &status);
    expect(truncate("file", 10000) == 0, "truncate");
    path("file");
    expect(fstatat(AT_FDCWD, "link", &status, 0) == -1 && errno == ENOENT, "dangling");
    int directory = open("directory", O_RDONLY);
    show("relative", fstatat(directory, "../file", &status, 0), &status);
    show("empty path", fstatat(fd, "", &status, AT_EMPTY_PATH), &status);
    show("empty path of the working directory", fstatat(AT_FDCWD, "", &other, AT_EMPTY_PATH), &other);
    expect(stat(".", &status) == 0, "stat");
    step("which is .", "%d", status.st_ino == other.st_ino && status.st_dev == other.st_dev);
    struct stat buffer;
#ifdef SYS_newfstatat
    expect_errno(syscall(SYS_newfstatat, fd, "", &buffer, 0), ENOENT, "empty path without the flag");
    expect_errno(syscall(SYS_newfstatat, fd, "x", &buffer, 0), ENOTDIR, "relative to a file");
    expect_errno(syscall(SYS_newfstatat, 99, "x", &buffer, 0), EBADF, "relative to nothing");
    expect_errno(syscall(SYS_newfstatat, AT_FDCWD, "file", &buffer, 0x200), EINVAL, "another flag");
    expect_errno(syscall(SYS_newfstatat, AT_FDCWD, "file", (void *)8, 0), EFAULT, "a bad buffer");
    expect_errno(syscall(SYS_newfstatat, AT_FDCWD, (void *)8, &buffer, 0), EFAULT, "a bad path");
    step_result("NULL with AT_EMPTY_PATH", syscall(SYS_newfstatat, fd, NULL, &buffer, AT_EMPTY_PATH));
    step_result("no automount", syscall(SYS_newfstatat, fd, "", &buffer, AT_EMPTY_PATH | AT_NO_AUTOMOUNT));
    char absolute[4096];
    expect(realpath("file", absolute) != NULL, "realpath");
    step_result("absolute path with a bad descriptor", syscall(SYS_newfstatat, 99, absolute, &buffer, 0));
#endif
    expect(lstat("socket", &status) == 0 && fstat(s, &other) == 0, "stat");
    step("a socket's name is another inode", "%d", status.st_ino != other.st_ino);
    contract_pass();
}
