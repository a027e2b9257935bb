/* Contract: a user namespace mounts sysfs only for a network namespace of its own, and only if
 * it sees one already that nothing hides a part of, with no fewer restrictions than that has.
 * Requires: root, userns, tmpfs
 * mount_namespaces(7), "Restrictions on mount namespaces"; fs/namespace.c:mount_too_revealing(). */
#include "../userns.h"
#include <sys/mount.h>
#include <sys/stat.h>

static void mounting(void)
{
    expect(unshare(CLONE_NEWNS) == 0, "unshare");
    expect_errno(mount("none", "new", "sysfs", 0, NULL), EPERM, "for the outer network");
    expect(unshare(CLONE_NEWNET) == 0, "unshare");
    step_result("sysfs", mount("none", "new", "sysfs", 0, NULL));
    step_result("sysfs, read-only", mount("none", "other", "sysfs", MS_RDONLY, NULL));
}

static void in_namespace(const char *name)
{
    step("case", "%s", name);
    step("status", "%d", in_user_namespace("0 0 1", "0 0 1", mounting));
}

int main(void)
{
    private_mounts();
    expect(mkdir("new", 0755) == 0 && mkdir("other", 0755) == 0, "mkdir");
    expect(umount2("/sys", MNT_DETACH) == 0, "unmount /sys");
    in_namespace("without one");
    expect(mount("none", "/sys", "sysfs", 0, NULL) == 0, "sysfs");
    in_namespace("a plain one");
    expect(mount("none", "/sys/fs/cgroup", "tmpfs", 0, NULL) == 0, "tmpfs");
    in_namespace("something on a directory that is always empty");
    expect(mount("none", "/sys/devices", "tmpfs", 0, NULL) == 0, "tmpfs");
    in_namespace("something hidden");
    expect(umount("/sys/devices") == 0, "umount");
    expect(mount(NULL, "/sys", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0, "remount");
    in_namespace("a read-only one");
    expect(mount(NULL, "/sys", NULL, MS_REMOUNT | MS_BIND | MS_NOATIME, NULL) == 0, "remount");
    in_namespace("one without access times");
    contract_pass();
}
