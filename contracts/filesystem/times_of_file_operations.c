/* Contract: which of atime, mtime and ctime each operation moves, of a file, of the directory it
 * is in, and of a symbolic link on the way.
 * Requires: root, tmpfs, Linux 6.6
 * Source: inode(7), fs/inode.c:touch_atime, file_update_time, mm/shmem.c. */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>

static struct timespec before[4][3];
static const char *const objects[4] = {"d", "d/file", "d/link", "e"};

static int same(struct timespec one, struct timespec two)
{
    return one.tv_sec == two.tv_sec && one.tv_nsec == two.tv_nsec;
}

/* Set every time to long ago, but ctime, which nobody can set; and let the clock tick. */
static void begin(void)
{
    struct timespec old[2] = {{1000000, 1}, {1000000, 2}};
    struct stat status;
    for (int i = 0; i < 4; i++) {
        if (utimensat(AT_FDCWD, objects[i], old, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        expect(lstat(objects[i], &status) == 0, "lstat");
        before[i][0] = status.st_atim;
        before[i][1] = status.st_mtim;
        before[i][2] = status.st_ctim;
    }
    nanosleep(&(struct timespec){0, 12000000}, NULL);
}

/* Print what moved: atime, mtime, ctime of each object. */
static void moved(const char *what)
{
    char text[128] = "";
    for (int i = 0; i < 4; i++) {
        struct stat status;
        if (lstat(objects[i], &status) != 0)
            continue;
        char *end = text + strlen(text);
        sprintf(end, " %s:%s%s%s", objects[i], same(before[i][0], status.st_atim) ? "" : "a",
                same(before[i][1], status.st_mtim) ? "" : "m",
                same(before[i][2], status.st_ctim) ? "" : "c");
    }
    step(what, "%s", text + 1);
}

#define TIMED(what, action)                                                                        \
    do {                                                                                           \
        begin();                                                                                   \
        expect(action, what);                                                                      \
        moved(what);                                                                               \
    } while (0)

int main(void)
{
    char text[64];
    struct stat status;
    expect(mkdir("d", 0755) == 0 && mkdir("e", 0755) == 0 && symlink("file", "d/link") == 0, "make");
    int fd = open("d/file", O_CREAT | O_RDWR, 0644);
    expect(fd >= 0 && write(fd, "text", 4) == 4, "file");
    TIMED("nothing", 1);
    TIMED("stat", stat("d/file", &status) == 0);
    TIMED("stat through the link", stat("d/link", &status) == 0);
    TIMED("readlink", readlink("d/link", text, sizeof text) == 4);
    TIMED("read", pread(fd, text, 4, 0) == 4);
    TIMED("read of nothing", pread(fd, text, 0, 0) == 0);
    TIMED("read at the end", pread(fd, text, 4, 4) == 0);
    TIMED("write", pwrite(fd, "TEXT", 4, 0) == 4);
    TIMED("write of nothing", pwrite(fd, "TEXT", 0, 0) == 0);
    TIMED("open", close(open("d/file", O_RDWR)) == 0);
    TIMED("open with O_CREAT", close(open("d/file", O_RDWR | O_CREAT, 0644)) == 0);
    TIMED("open with O_TRUNC", close(open("d/file", O_RDWR | O_TRUNC)) == 0);
    TIMED("O_TRUNC of an empty file", close(open("d/file", O_RDWR | O_TRUNC)) == 0);
    TIMED("ftruncate to a size", ftruncate(fd, 10) == 0);
    TIMED("ftruncate to the same size", ftruncate(fd, 10) == 0);
    TIMED("truncate to the same size", truncate("d/file", 10) == 0);
    TIMED("fallocate", fallocate(fd, 0, 0, 20) == 0);
    TIMED("fallocate, size kept", fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 4096) == 0);
    TIMED("punch", fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, 4096) == 0);
    TIMED("chmod", chmod("d/file", 0600) == 0);
    TIMED("chmod to the same", fchmod(fd, 0600) == 0);
    TIMED("chown to nobody else", chown("d/file", -1, -1) == 0);
    TIMED("lchown of the link", lchown("d/link", 0, 0) == 0);
    TIMED("setxattr", fsetxattr(fd, "user.a", "b", 1, 0) == 0);
    TIMED("getxattr", fgetxattr(fd, "user.a", text, sizeof text) == 1);
    TIMED("removexattr", fremovexattr(fd, "user.a") == 0);
    TIMED("link", link("d/file", "d/second") == 0);
    TIMED("link into another directory", link("d/file", "e/third") == 0);
    TIMED("unlink of another name", unlink("d/second") == 0);
    TIMED("rename inside", rename("d/file", "d/renamed") == 0);
    TIMED("rename back", rename("d/renamed", "d/file") == 0);
    TIMED("rename to another name of the same", rename("e/third", "d/file") == 0);
    expect(unlink("e/third") == 0, "unlink");
    TIMED("rename across", rename("d/file", "e/third") == 0);
    TIMED("rename back across", rename("e/third", "d/file") == 0);
    TIMED("creation", close(open("d/new", O_CREAT | O_WRONLY, 0644)) == 0);
    TIMED("mkdir", mkdir("d/sub", 0755) == 0);
    TIMED("rmdir", rmdir("d/sub") == 0);
    TIMED("mknod", mknod("d/fifo", S_IFIFO | 0600, 0) == 0);
    TIMED("symlink", symlink("x", "d/link2") == 0);
    TIMED("failed mkdir", mkdir("d/link2", 0755) == -1);
    TIMED("O_TMPFILE", close(open("d", O_TMPFILE | O_RDWR, 0600)) == 0);
    int directory = open("d", O_RDONLY);
    TIMED("getdents64", syscall(SYS_getdents64, directory, text, 24) == 24);
    TIMED("utimensat of one", utimensat(AT_FDCWD, "d/file", (struct timespec[]){{5, 5}, {0, UTIME_OMIT}}, 0) == 0);
    char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    expect(map != MAP_FAILED, "mmap");
    TIMED("read through a mapping", *(volatile char *)map == 0);
    TIMED("mmap alone", mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) != MAP_FAILED);
    contract_pass();
}
