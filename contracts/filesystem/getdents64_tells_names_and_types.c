/* Contract: getdents64(2) lists `.`, `..` and every entry once with its type, fills the buffer with
 * whole records, returns 0 at the end, and EINVAL if not even one record fits.
 * Requires: root, tmpfs
 * Source: getdents64(2), fs/readdir.c, fs/libfs.c:offset_readdir. */
#include "../contract.h"
#include <dirent.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

struct record {
    unsigned long ino;
    long off;
    unsigned short reclen;
    unsigned char type;
    char name[];
};

static char buffer[4096];

static long list(int fd, unsigned size)
{
    long got = syscall(SYS_getdents64, fd, buffer, size);
    step_result("getdents64", got);
    for (long at = 0; at < got;) {
        struct record *one = (struct record *)(buffer + at);
        step(one->name, "type %d, %d bytes, %s", one->type, one->reclen,
             one->ino != 0 ? "numbered" : "no inode number");
        at += one->reclen;
    }
    return got;
}

int main(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "full/socket"};
    expect(mkdir("full", 0755) == 0 && mkdir("full/directory", 0755) == 0, "mkdir");
    expect(close(open("full/regular", O_CREAT | O_WRONLY, 0644)) == 0, "regular");
    expect(symlink("regular", "full/link") == 0, "symlink");
    expect(mknod("full/fifo", S_IFIFO | 0600, 0) == 0, "fifo");
    expect(mknod("full/character", S_IFCHR | 0600, 0x103) == 0, "character");
    expect(mknod("full/block", S_IFBLK | 0600, 0x700) == 0, "block");
    expect(bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&name, sizeof name) == 0, "bind");
    expect(close(open("full/a-name-of-31-bytes-abcdefghijklm", O_CREAT | O_WRONLY, 0644)) == 0, "long");
    int fd = open("full", O_RDONLY | O_DIRECTORY);
    expect(fd >= 0, "open");
    expect_errno(syscall(SYS_getdents64, fd, buffer, 0), EINVAL, "no room");
    expect_errno(syscall(SYS_getdents64, fd, buffer, 23), EINVAL, "room for less than `.`");
    list(fd, 24);
    list(fd, 60);
    while (list(fd, 100) > 0)
        ;
    list(fd, sizeof buffer);
    step_result("rewind", lseek(fd, 0, SEEK_SET));
    list(fd, sizeof buffer);
    step_result("a bad address at the end", syscall(SYS_getdents64, fd, (void *)8, 100));
    lseek(fd, 0, SEEK_SET);
    expect_errno(syscall(SYS_getdents64, fd, (void *)8, 100), EFAULT, "a bad address");
    int file = open("full/regular", O_RDONLY), path = open("full", O_PATH);
    expect_errno(syscall(SYS_getdents64, file, buffer, 100), ENOTDIR, "a file");
    expect_errno(syscall(SYS_getdents64, path, buffer, 100), EBADF, "an O_PATH descriptor");
    expect_errno(syscall(SYS_getdents64, 99, buffer, 100), EBADF, "no descriptor");
    expect(mkdir("gone", 0755) == 0, "mkdir");
    int gone = open("gone", O_RDONLY);
    expect(rmdir("gone") == 0, "rmdir");
    expect_errno(syscall(SYS_getdents64, gone, buffer, 100), ENOENT, "a removed directory");
    expect_errno(read(fd, buffer, 1), EISDIR, "read of a directory");
    expect_errno(open("full", O_WRONLY), EISDIR, "open for writing");
    expect_errno(lseek(fd, -1, SEEK_SET), EINVAL, "lseek before the start");
    contract_pass();
}
