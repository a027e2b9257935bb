/* Contract: rename(2) needs write and search permission on both directories, ownership where the
 * sticky bit is set, and write permission on a directory that gets another parent.
 * Requires: root
 * Source: rename(2), fs/namei.c:may_delete, vfs_rename. */
#include "../contract.h"
#include <grp.h>
#include <sys/stat.h>

static void owned(const char *path, mode_t mode, uid_t uid)
{
    expect(mkdir(path, mode) == 0 && chmod(path, mode) == 0 && chown(path, uid, uid) == 0, path);
}

static void file(const char *path, uid_t uid)
{
    expect(close(open(path, O_CREAT | O_WRONLY, 0644)) == 0 && chown(path, uid, uid) == 0, path);
}

static void try(const char *from, const char *to)
{
    char what[64];
    snprintf(what, sizeof what, "%s -> %s", from, to);
    step_result(what, rename(from, to));
}

int main(void)
{
    umask(0);
    expect(chmod(".", 0755) == 0, "chmod");
    owned("mine", 0755, 1000);
    owned("readable", 0755, 0);
    owned("writable", 0777, 0);
    owned("blind", 0733, 0);
    owned("unsearchable", 0766, 0);
    owned("sticky", 01777, 0);
    owned("my-sticky", 01777, 1000);
    file("mine/a", 1000);
    file("mine/roots", 0);
    file("readable/a", 1000);
    file("writable/a", 0);
    file("unsearchable/a", 1000);
    file("sticky/roots", 0);
    file("sticky/mine", 1000);
    file("my-sticky/roots", 0);
    owned("mine/readonly", 0555, 1000);
    owned("mine/others", 0755, 0);
    expect(setgroups(0, NULL) == 0 && setegid(1000) == 0 && seteuid(1000) == 0, "become 1000");
    try("readable/a", "mine/b");
    try("mine/a", "readable/b");
    try("mine/a", "unsearchable/b");
    try("unsearchable/a", "mine/b");
    try("mine/a", "blind/a");
    try("blind/a", "writable/b");
    try("writable/a", "writable/c");
    try("mine/roots", "writable/roots");
    try("sticky/roots", "sticky/other");
    try("sticky/mine", "sticky/roots");
    try("sticky/roots", "mine/x");
    try("sticky/mine", "sticky/renamed");
    try("my-sticky/roots", "my-sticky/other");
    try("mine/readonly", "mine/readonly2");
    try("mine/readonly2", "writable/readonly");
    try("mine/others", "mine/others2");
    try("mine/others2", "writable/others");
    expect_errno(unlink("sticky/roots"), EPERM, "unlink of another's in a sticky directory");
    expect_errno(unlink("readable/a"), EACCES, "unlink of mine in a directory of others");
    expect_errno(rmdir("mine/../sticky/."), EINVAL, "rmdir of .");
    expect_errno(rmdir("sticky"), EACCES, "rmdir in a directory of others");
    step_result("unlink of another's in my directory", unlink("my-sticky/other"));
    contract_pass();
}
