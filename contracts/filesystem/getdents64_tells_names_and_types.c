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

static struct { char text[64]; } lines[16];
static int count;

static int by_text(const void *one, const void *other)
{
    return strcmp(one, other);
}

/* Read once into `size` bytes and take down what is told, in whatever order that is. */
static long list(int fd, unsigned size)
{
    long got = syscall(SYS_getdents64, fd, buffer, size), at = 0;
    while (at < got) {
        struct record *one = (struct record *)(buffer + at);
        expect(count < 16, "entries");
        snprintf(lines[count++].text, sizeof lines->text, "%s: type %d, %d bytes, %s", one->name,
                 one->type, one->reclen, one->ino != 0 ? "numbered" : "no inode number");
        at += one->reclen;
    }
    expect(got <= (long)size && (got <= 0 || at == got), "whole records");
    return got;
}

/* Print what was taken down, in the order of the alphabet. */
static void step_lines(const char *name)
{
    qsort(lines, count, sizeof *lines, by_text);
    for (int i = 0; i < count; i++)
        step(name, "%s", lines[i].text);
    count = 0;
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
    step_result("room for one", list(fd, 24));
    step("room for two", "%d", list(fd, 60) >= 24);
    while (list(fd, 100) > 0)
        ;
    step_result("at the end", list(fd, sizeof buffer));
    step_lines("in pieces");
    step_result("rewind", lseek(fd, 0, SEEK_SET));
    step_result("all at once", list(fd, sizeof buffer));
    step_lines("at once");
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
