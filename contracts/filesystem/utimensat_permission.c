/* Contract: setting times to given values is for the owner; setting both to now needs write
 * permission only: EPERM and EACCES tell the two apart; one time now is a given value.
 * Requires: root, tmpfs
 * Source: utimensat(2), fs/attr.c:setattr_prepare, fs/utimes.c:vfs_utimes. */
#include "../contract.h"
#include <sys/stat.h>

static void file(const char *path, mode_t mode, uid_t uid)
{
    expect(close(open(path, O_CREAT | O_WRONLY, 0600)) == 0, "open");
    expect(chown(path, uid, uid) == 0 && chmod(path, mode) == 0, "chown");
}

static void all(const char *path)
{
    struct timespec given[2] = {{1, 2}, {3, 4}}, now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}},
                    one[2] = {{0, UTIME_NOW}, {0, UTIME_OMIT}}, mixed[2] = {{0, UTIME_NOW}, {5, 0}},
                    none[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}};
    step("file", "%s", path);
    step_result("given", utimensat(AT_FDCWD, path, given, 0));
    step_result("now", utimensat(AT_FDCWD, path, now, 0));
    step_result("NULL", utimensat(AT_FDCWD, path, NULL, 0));
    step_result("one now", utimensat(AT_FDCWD, path, one, 0));
    step_result("now and given", utimensat(AT_FDCWD, path, mixed, 0));
    step_result("none", utimensat(AT_FDCWD, path, none, 0));
}

int main(void)
{
    expect(chmod(".", 0755) == 0, "chmod");
    file("mine-and-readonly", 0400, 1000);
    file("writable-by-all", 0666, 0);
    file("readable-by-all", 0644, 0);
    file("unreadable", 0600, 0);
    int fd = open("readable-by-all", O_RDWR);
    expect(setegid(1000) == 0 && seteuid(1000) == 0, "become 1000");
    all("mine-and-readonly");
    all("writable-by-all");
    all("readable-by-all");
    all("unreadable");
    step_result("a writable descriptor is of no help", futimens(fd, NULL));
    expect_errno(chmod("writable-by-all", 0777), EPERM, "chmod of another's file");
    expect_errno(chown("writable-by-all", 1000, -1), EPERM, "chown of another's file");
    expect_errno(chown("mine-and-readonly", 0, -1), EPERM, "giving a file away");
    step_result("chown to oneself", chown("mine-and-readonly", 1000, 1000));
    expect_errno(chown("mine-and-readonly", -1, 5), EPERM, "giving it to another group");
    expect_errno(truncate("readable-by-all", 0), EACCES, "truncate of another's file");
    expect_errno(truncate("mine-and-readonly", 0), EACCES, "truncate of one's own, read-only");
    step_result("truncate through a descriptor", ftruncate(fd, 0));
    contract_pass();
}
