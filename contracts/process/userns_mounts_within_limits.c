/* Contract: an ordinary user may mount in a mount namespace that belongs to its user namespace,
 * but not what needs a device, nor change or take apart what came from outside, and devices
 * that it could make are none.
 * Requires: root, userns, tmpfs
 * mount_namespaces(7), "Restrictions on mount namespaces"; fs/namespace.c. */
#include "../userns.h"
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static void owner(const char *name)
{
    struct stat st;
    expect(lstat(name, &st) == 0, name);
    step(name, "%d %d %o", st.st_uid, st.st_gid, st.st_mode);
}

static void inside(void)
{
    expect(unshare(CLONE_NEWNS) == 0, "unshare(CLONE_NEWNS)");
    step_mounts("at first");
    step_result("tmpfs", mount("mine", "new", "tmpfs", 0, "mode=755"));
    owner("new");
    expect_errno(mount("mine", "new", "tmpfs", 0, "uid=5000"), EINVAL, "tmpfs, an unmapped uid");
    step_result("tmpfs of uid 1", mount("mine", "new", "tmpfs", 0, "uid=1,gid=0"));
    owner("new");
    step_result("unmount it", umount("new"));
    expect_errno(mknod("new/null", S_IFCHR | 0666, makedev(1, 3)), EPERM, "mknod");
    step_result("mkfifo", mknod("new/fifo", S_IFIFO | 0666, 0));
    step_result("a whiteout", mknod("new/whiteout", S_IFCHR, 0));
    owner("new/fifo");
    expect_errno(mount("none", "new", "devtmpfs", 0, NULL), EPERM, "devtmpfs");
    expect_errno(mount("none", "new", "nothing", 0, NULL), ENODEV, "an unknown type");
    expect_errno(umount("locked"), EINVAL, "unmount what came from outside");
    expect_errno(umount2("tree", MNT_DETACH), EINVAL, "detach a tree from outside");
    expect_errno(mount(NULL, "locked", NULL, MS_REMOUNT | MS_BIND, NULL), EPERM,
                 "drop nosuid, nodev and ro");
    expect_errno(mount(NULL, "locked", NULL, MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV, NULL),
                 EPERM, "drop ro");
    expect_errno(mount(NULL, "locked", NULL,
                       MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOATIME, NULL),
                 EPERM, "change atime");
    step_result("add noexec", mount(NULL, "locked", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY |
                                    MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
    expect_errno(mount(NULL, "locked", NULL, MS_REMOUNT, "size=8192"), EPERM, "remount its fs");
    expect_errno(mount("tree", "new", NULL, MS_BIND, NULL), EINVAL, "bind without what covers");
    step_result("bind with all", mount("tree", "new", NULL, MS_BIND | MS_REC, NULL));
    expect_errno(umount("new/below"), EINVAL, "unmount what covers");
    step_result("unmount the whole", umount2("new", MNT_DETACH));
    expect_errno(mount("locked", "new", NULL, MS_MOVE, NULL), EINVAL, "move what is locked");
    step_result("bind one", mount("locked", "new", NULL, MS_BIND, NULL));
    expect_errno(mount(NULL, "new", NULL, MS_REMOUNT | MS_BIND, NULL), EPERM,
                 "a copy is locked as well");
    step_result("unmount the copy", umount("new"));
    step_mounts("in the end");
    step_result("make shared", mount(NULL, "new", NULL, MS_SHARED, NULL));
}

static void outer_mounts(void)
{
    expect_errno(mount("none", "new", "tmpfs", 0, NULL), EPERM, "in the outer namespace");
    expect_errno(umount("new"), EPERM, "unmount there");
}

int main(void)
{
    private_mounts();
    expect(mkdir("new", 0777) == 0 && mkdir("locked", 0755) == 0, "mkdir");
    expect(mkdir("tree", 0755) == 0, "mkdir");
    expect(mount("outer", "locked", "tmpfs", MS_NOSUID | MS_NODEV | MS_RDONLY, NULL) == 0,
           "locked");
    expect(mount("outer", "tree", "tmpfs", 0, NULL) == 0, "tree");
    expect(mkdir("tree/below", 0755) == 0, "mkdir");
    expect(mount("covers", "tree/below", "tmpfs", 0, NULL) == 0, "below");
    step("status", "%d", in_user_namespace("0 0 2", "0 0 1", outer_mounts));
    step("status", "%d", in_user_namespace("0 0 2", "0 0 1", inside));
    contract_pass();
}
