/* Contract: relatime moves atime when it is not later than mtime or ctime or is a day old,
 * strictatime always, noatime and O_NOATIME never, nodiratime never for directories.
 * Requires: CAP_SYS_ADMIN, root
 * Source: mount(2), open(2), fs/inode.c:touch_atime, relatime_need_update. */
#include "../contract.h"
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>

/* Give `path` an atime and an mtime, seconds before now; ctime becomes now. */
static void set(const char *path, long atime, long mtime)
{
    long now = time(NULL);
    struct timespec times[2] = {{now - atime, 0}, {now - mtime, 0}};
    expect(utimensat(AT_FDCWD, path, times, 0) == 0, "utimensat");
}

static long atime_of(const char *path)
{
    struct stat status;
    expect(stat(path, &status) == 0, "stat");
    return status.st_atim.tv_sec * 1000000000 + status.st_atim.tv_nsec;
}

static void reading(const char *what, long atime, long mtime, int flags)
{
    char byte;
    set("m/file", atime, mtime);
    long before = atime_of("m/file");
    int fd = open("m/file", O_RDONLY | flags);
    expect(fd >= 0 && read(fd, &byte, 1) == 1 && close(fd) == 0, "read");
    step(what, "%s", atime_of("m/file") == before ? "stays" : "moves");
}

static void listing(const char *what, int flags)
{
    char buffer[1024];
    set("m/dir", 100, 100);
    long before = atime_of("m/dir");
    int fd = open("m/dir", O_RDONLY | flags);
    expect(fd >= 0 && syscall(SYS_getdents64, fd, buffer, sizeof buffer) > 0 && close(fd) == 0, "list");
    step(what, "%s", atime_of("m/dir") == before ? "stays" : "moves");
}

static void options(const char *what, unsigned long flags)
{
    step_result(what, mount(NULL, "m", NULL, MS_REMOUNT | flags, NULL));
    reading("atime before mtime", 100, 50, 0);
    reading("atime in the future", -100, 50, 0);
    reading("atime two days old, before ctime", 2 * 86400, 3 * 86400, 0);
    reading("with O_NOATIME", 100, 50, O_NOATIME);
    listing("directory", 0);
    listing("directory with O_NOATIME", O_NOATIME);
}

int main(void)
{
    expect(unshare(CLONE_NEWNS) == 0, "unshare");
    expect(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "private");
    expect(mkdir("m", 0755) == 0 && mount("none", "m", "tmpfs", 0, "mode=755") == 0, "mount");
    expect(mkdir("m/dir", 0755) == 0, "mkdir");
    expect(write(open("m/file", O_CREAT | O_WRONLY, 0644), "x", 1) == 1, "file");
    options("relatime", 0);
    options("strictatime", MS_STRICTATIME);
    options("noatime", MS_NOATIME);
    options("nodiratime", MS_NODIRATIME | MS_STRICTATIME);
    options("relatime again", MS_RELATIME);
    expect(chmod("m/file", 0666) == 0 && chmod(".", 0755) == 0 && seteuid(1000) == 0, "become 1000");
    expect_errno(open("m/file", O_RDONLY | O_NOATIME), EPERM, "O_NOATIME of another's file");
    int fd = open("m/file", O_RDONLY);
    expect_errno(fcntl(fd, F_SETFL, O_NOATIME), EPERM, "F_SETFL to O_NOATIME");
    contract_pass();
}
