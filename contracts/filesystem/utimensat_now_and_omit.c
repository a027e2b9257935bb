/* Contract: utimensat(2) sets either time, both, neither (UTIME_OMIT) or the present (UTIME_NOW),
 * checks nanoseconds, follows links unless told not to, and takes NULL for the descriptor itself.
 * Requires: tmpfs
 * Source: utimensat(2), fs/utimes.c. */
#include "../contract.h"
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>

static const char *told(struct timespec value)
{
    static char text[2][40];
    static int turn;
    char *out = text[turn ^= 1];
    if (value.tv_sec > 1000000000 && value.tv_sec < 4000000000)
        strcpy(out, "now");
    else
        sprintf(out, "%lld.%09ld", (long long)value.tv_sec, value.tv_nsec);
    return out;
}

static void show(const char *what, long result, const char *path)
{
    struct stat status;
    if (result != 0) {
        step(what, "%s", errno_name(errno));
        return;
    }
    expect(lstat(path, &status) == 0, "lstat");
    step(what, "%s %s", told(status.st_atim), told(status.st_mtim));
}

static long set(int fd, const char *path, long a, long an, long m, long mn, int flags)
{
    struct timespec times[2] = {{a, an}, {m, mn}};
    return syscall(SYS_utimensat, fd, path, times, flags);
}

int main(void)
{
    int fd = open("file", O_CREAT | O_RDWR, 0644);
    expect(fd >= 0 && symlink("file", "link") == 0, "make");
    show("both", set(AT_FDCWD, "file", 1, 2, 3, 4, 0), "file");
    show("omit atime", set(AT_FDCWD, "file", 9, UTIME_OMIT, 5, 6, 0), "file");
    show("omit mtime", set(AT_FDCWD, "file", 7, 8, 9, UTIME_OMIT, 0), "file");
    show("omit both", set(AT_FDCWD, "file", 7, UTIME_OMIT, 9, UTIME_OMIT, 0), "file");
    show("omit both of nothing", set(AT_FDCWD, "missing", 0, UTIME_OMIT, 0, UTIME_OMIT, 0), "file");
    show("mtime now", set(AT_FDCWD, "file", 1, 2, 3, UTIME_NOW, 0), "file");
    show("atime now, mtime omitted", set(AT_FDCWD, "file", 1, UTIME_NOW, 3, UTIME_OMIT, 0), "file");
    show("both", set(AT_FDCWD, "file", 1, 2, 3, 4, 0), "file");
    show("both now", set(AT_FDCWD, "file", 1, UTIME_NOW, 3, UTIME_NOW, 0), "file");
    show("before 1970", set(AT_FDCWD, "file", -1, 999999999, -86400, 5, 0), "file");
    show("NULL", syscall(SYS_utimensat, AT_FDCWD, "file", NULL, 0), "file");
    show("nanoseconds too many", set(AT_FDCWD, "file", 1, 1000000000, 3, 4, 0), "file");
    show("nanoseconds negative", set(AT_FDCWD, "file", 1, 0, 3, -1, 0), "file");
    show("through the link", set(AT_FDCWD, "link", 11, 0, 12, 0, 0), "file");
    show("the link", set(AT_FDCWD, "link", 21, 0, 22, 0, AT_SYMLINK_NOFOLLOW), "link");
    show("not the file", 0, "file");
    show("the descriptor", set(fd, NULL, 31, 0, 32, 0, 0), "file");
    show("the descriptor, empty path", set(fd, "", 41, 0, 42, 0, AT_EMPTY_PATH), "file");
    show("the descriptor with a flag", set(fd, NULL, 1, 0, 2, 0, AT_SYMLINK_NOFOLLOW), "file");
    show("the descriptor, empty flag", set(fd, NULL, 51, 0, 52, 0, AT_EMPTY_PATH), "file");
    show("no path, no descriptor", set(AT_FDCWD, NULL, 1, 0, 2, 0, 0), "file");
    show("an empty path", set(fd, "", 1, 0, 2, 0, 0), "file");
    show("another flag", set(AT_FDCWD, "file", 1, 0, 2, 0, 0x800), "file");
    show("a bad descriptor", set(99, NULL, 1, 0, 2, 0, 0), "file");
    show("below a file", set(fd, "x", 1, 0, 2, 0, 0), "file");
    int path = open("file", O_PATH), link = open("link", O_PATH | O_NOFOLLOW);
    show("an O_PATH descriptor", set(path, NULL, 1, 0, 2, 0, 0), "file");
    show("an O_PATH descriptor, empty path", set(path, "", 61, 0, 62, 0, AT_EMPTY_PATH), "file");
    show("an O_PATH descriptor of a link", set(link, "", 63, 0, 64, 0, AT_EMPTY_PATH), "link");
    expect_errno(syscall(SYS_utimensat, AT_FDCWD, "file", (void *)8, 0), EFAULT, "bad times");
    expect_errno(syscall(SYS_utimensat, AT_FDCWD, (void *)8, NULL, 0), EFAULT, "bad path");
    show("utimes", utimes("file", (struct timeval[]){{71, 5}, {72, 6}}), "file");
    show("utimes too many", utimes("file", (struct timeval[]){{71, 1000000}, {72, 6}}), "file");
    contract_pass();
}
