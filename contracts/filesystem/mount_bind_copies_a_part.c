/* Contract: a bind mount shows a directory or a file a second time, with MS_REC what is mounted
 * below, too; flags are the mount's own; source and target must both be or not be directories.
 * Requires: CAP_SYS_ADMIN, root
 * Source: mount(2), fs/namespace.c:do_loopback. */
#include "../contract.h"
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>

int main(void)
{
    struct stat one, two;
    struct statfs system;
    private_mounts();
    expect(mkdir("a", 0755) == 0 && mkdir("b", 0755) == 0 && mkdir("c", 0755) == 0, "mkdir");
    expect(mount("outer", "a", "tmpfs", 0, "mode=755") == 0, "mount");
    expect(mkdir("a/sub", 0755) == 0 && mkdir("a/other", 0755) == 0, "mkdir");
    expect(mount("inner", "a/sub", "tmpfs", MS_NOSUID, "mode=755") == 0, "mount");
    expect(close(open("a/sub/file", O_CREAT | O_RDWR, 0644)) == 0, "file");
    expect(close(open("a/f", O_CREAT | O_RDWR, 0644)) == 0, "file");
    expect(close(open("a/g", O_CREAT | O_RDWR, 0644)) == 0, "file");
    step_result("bind", mount("a", "b", "ignored", MS_BIND, "ignored"));
    step_result("bind with what is below", mount("a", "c", NULL, MS_BIND | MS_REC, NULL));
    step("in the plain one", "%d", access("b/sub/file", F_OK) == 0);
    step("in the recursive one", "%d", access("c/sub/file", F_OK) == 0);
    expect(stat("a/f", &one) == 0 && stat("b/f", &two) == 0, "stat");
    step("one file", "%d", one.st_ino == two.st_ino && one.st_dev == two.st_dev);
    expect_errno(rename("a/f", "b/h"), EXDEV, "rename from one mount to the other");
    expect_errno(link("a/f", "b/h"), EXDEV, "link from one to the other");
    step_result("bind of a file", mount("a/f", "a/g", NULL, MS_BIND, NULL));
    step_result("bind of a directory inside", mount("a/other", "b/other", NULL, MS_BIND, NULL));
    step_mounts("all");
    expect_errno(mount("a/f", "a/other", NULL, MS_BIND, NULL), ENOTDIR, "a file on a directory");
    expect_errno(mount("a/other", "a/f", NULL, MS_BIND, NULL), ENOTDIR, "a directory on a file");
    expect_errno(mount("missing", "b", NULL, MS_BIND, NULL), ENOENT, "nothing");
    expect_errno(mount(NULL, "b", NULL, MS_BIND, NULL), EINVAL, "no source");
    expect_errno(mount("", "b", NULL, MS_BIND, NULL), EINVAL, "an empty source");
    step_result("read-only with bind has no effect", mount("a", "b", NULL, MS_BIND | MS_RDONLY, NULL));
    step_result("mkdir", mkdir("b/new", 0755));
    step_result("remounting the mount", mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOEXEC, NULL));
    expect_errno(mkdir("b/new2", 0755), EROFS, "mkdir through it");
    step_result("mkdir through the other", mkdir("a/new2", 0755));
    expect(statfs("b", &system) == 0, "statfs");
    step("its flags", "%lx", (long)system.f_flags);
    expect(statfs("a", &system) == 0, "statfs");
    step("the other's", "%lx", (long)system.f_flags);
    int fd = open("a/f", O_WRONLY);
    step_result("remounting the other, busy", mount(NULL, "a", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
    step_result("the file system, busy", mount(NULL, "c", NULL, MS_REMOUNT | MS_RDONLY, NULL));
    close(fd);
    step_result("the file system", mount(NULL, "c", NULL, MS_REMOUNT | MS_RDONLY, NULL));
    expect_errno(mkdir("a/new3", 0755), EROFS, "mkdir through another mount of it");
    step_mounts("at last");
    expect_errno(mount(NULL, "a/other", NULL, MS_REMOUNT | MS_RDONLY, NULL), EINVAL, "remount of no mount");
    expect_errno(mount(NULL, "a/other", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), EINVAL, "of no mount with bind");
    contract_pass();
}
