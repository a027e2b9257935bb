/* Contract: an O_PATH descriptor names a place: it starts walks, can be dup'ed, passed to fstat,
 * fstatfs, fchdir, *at with AT_EMPTY_PATH and /proc/self/fd, and is EBADF for everything else.
 * Requires: root, tmpfs, Linux 6.6
 * Source: open(2), fs/file.c:fget_raw. */
#include "../contract.h"
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/xattr.h>

int main(void)
{
    char text[64] = "", where[64];
    struct stat status;
    struct statfs system;
    expect(write(open("file", O_CREAT | O_WRONLY, 0644), "content", 7) == 7, "file");
    expect(mkdir("directory", 0755) == 0 && symlink("file", "link") == 0, "make");
    int fd = open("file", O_PATH), dir = open("directory", O_PATH), link = open("link", O_PATH | O_NOFOLLOW);
    expect_errno(read(fd, text, 1), EBADF, "read");
    expect_errno(write(fd, text, 1), EBADF, "write");
    expect_errno(pread(fd, text, 1, 0), EBADF, "pread");
    expect_errno(lseek(fd, 0, SEEK_SET), EBADF, "lseek");
    expect_errno(ftruncate(fd, 0), EBADF, "ftruncate");
    expect_errno(syscall(SYS_fchmod, fd, 0600), EBADF, "fchmod");
    expect_errno(syscall(SYS_fchown, fd, 0, 0), EBADF, "fchown");
    expect_errno(fsync(fd), EBADF, "fsync");
    expect_errno(flock(fd, LOCK_SH), EBADF, "flock");
    expect_errno(ioctl(fd, FIONREAD, text), EBADF, "ioctl");
    expect_errno(fgetxattr(fd, "user.x", text, 1), EBADF, "fgetxattr");
    expect_errno((long)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0), EBADF, "mmap");
    expect_errno(fcntl(fd, F_SETFL, O_NONBLOCK), EBADF, "F_SETFL");
    expect_errno(fcntl(fd, F_SETLK, &(struct flock){.l_type = F_RDLCK}), EBADF, "F_SETLK");
    expect_errno(syscall(SYS_getdents64, dir, text, sizeof text), EBADF, "getdents64");
    expect_errno(fallocate(fd, 0, 0, 1), EBADF, "fallocate");
    step_result("F_GETFD", fcntl(fd, F_GETFD));
    step_result("dup", fcntl(fcntl(fd, F_DUPFD, 50), F_GETFD));
    step("F_GETFL has O_PATH", "%d", (fcntl(fd, F_GETFL) & O_PATH) == O_PATH);
    step_result("fstat", fstat(link, &status));
    step("of the link", "%o", (unsigned)status.st_mode & S_IFMT);
    step_result("fstatfs", fstatfs(fd, &system));
    step_result("readlinkat", readlinkat(link, "", text, sizeof text - 1));
    step("text", "%s", text);
    expect_errno(readlinkat(fd, "", text, sizeof text), ENOENT, "readlinkat of no link");
    step_result("fchownat", fchownat(fd, "", 0, 5, AT_EMPTY_PATH));
    step_result("faccessat", syscall(SYS_faccessat2, fd, "", R_OK, AT_EMPTY_PATH));
    step_result("fchmodat2", syscall(452, fd, "", 0600, AT_EMPTY_PATH));
    expect_errno(syscall(452, link, "", 0600, AT_EMPTY_PATH), EOPNOTSUPP, "fchmodat2 of a link");
    expect(fstat(fd, &status) == 0, "fstat");
    step("so it is", "%o, group %d", (unsigned)status.st_mode, (int)status.st_gid);
    expect_errno(openat(fd, "", O_RDONLY), ENOENT, "an empty path");
    expect_errno(openat(fd, "x", O_RDONLY), ENOTDIR, "a walk from a file");
    step_result("a walk from a directory", close(openat(dir, "../file", O_RDONLY)));
    snprintf(where, sizeof where, "/proc/self/fd/%d", fd);
    int again = open(where, O_RDWR);
    step_result("opened for real through /proc", read(again, text, 7));
    snprintf(where, sizeof where, "/proc/self/fd/%d", link);
    expect_errno(open(where, O_RDONLY), ELOOP, "a link through /proc");
    step_result("chmod through /proc is EOPNOTSUPP for it", chmod(where, 0600));
    snprintf(where, sizeof where, "/proc/self/fd/%d/../file", dir);
    step_result("a walk through /proc", access(where, F_OK));
    expect_errno(fchdir(fd), ENOTDIR, "fchdir to a file");
    step_result("fchdir", fchdir(dir));
    expect_errno(syscall(SYS_execve, "/proc/self/fd/100", NULL, NULL), ENOENT, "exec of no descriptor");
    expect_errno(open("../file", O_PATH | O_DIRECTORY), ENOTDIR, "O_DIRECTORY of a file");
    contract_pass();
}
