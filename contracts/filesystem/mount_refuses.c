/* Contract: mount(2) tells what is wrong: unknown types, missing names, targets that are no
 * directory; which options tmpfs takes; the same file system twice on one place is EBUSY.
 * Requires: CAP_SYS_ADMIN, root
 * Source: mount(2), fs/namespace.c:path_mount, do_new_mount, do_add_mount. */
#include "../contract.h"
#include <sys/mount.h>
#include <sys/stat.h>

int main(void)
{
    struct stat one, two;
    private_mounts();
    expect(mkdir("m", 0755) == 0 && mkdir("n", 0755) == 0, "mkdir");
    expect(close(open("file", O_CREAT | O_WRONLY, 0644)) == 0 && symlink("m", "link") == 0, "make");
    expect_errno(mount("x", "m", "nothing", 0, NULL), ENODEV, "no such type");
    expect_errno(mount("x", "m", NULL, 0, NULL), EINVAL, "no type");
    expect_errno(mount("x", "m", "", 0, NULL), ENODEV, "an empty type");
    expect_errno(mount("x", "missing", "tmpfs", 0, NULL), ENOENT, "no target");
    expect_errno(mount("x", "", "tmpfs", 0, NULL), ENOENT, "an empty target");
    expect_errno(mount("x", "file", "tmpfs", 0, NULL), ENOTDIR, "a file");
    expect_errno(mount("x", "file/y", "tmpfs", 0, NULL), ENOTDIR, "below a file");
    expect_errno(mount("x", (void *)8, "tmpfs", 0, NULL), EFAULT, "a bad target");
    expect_errno(mount((void *)8, "m", "tmpfs", 0, NULL), EFAULT, "a bad source");
    expect_errno(mount("x", "m", (void *)8, 0, NULL), EFAULT, "a bad type");
    expect_errno(mount("x", "m", "tmpfs", 0, (void *)8), EFAULT, "bad options");
    expect_errno(mount("x", "m", "tmpfs", 0, "mode=9"), EINVAL, "mode=9");
    expect_errno(mount("x", "m", "tmpfs", 0, "mode"), EINVAL, "mode alone");
    expect_errno(mount("x", "m", "tmpfs", 0, "uid=-2"), EINVAL, "uid=-2");
    expect_errno(mount("x", "m", "tmpfs", 0, "size=1x"), EINVAL, "size=1x");
    expect_errno(mount("x", "m", "tmpfs", 0, "bogus"), EINVAL, "bogus");
    step_result("no options", mount(NULL, "link", "tmpfs", 0, ""));
    step_result("on top of it", mount("two words", "m", "tmpfs", MS_NODEV | MS_NOSUID | MS_NOEXEC,
                                      "mode=700,uid=5,gid=6"));
    step_result("read-only", mount("third", "n", "tmpfs", MS_RDONLY | MS_NOATIME | 0xC0ED0000UL, NULL));
    step_mounts("mounted");
    step_result("umount of the upper", umount("m"));
    step_result("umount of the lower", umount("m"));
    step_result("sysfs", mount("sysfs", "m", "sysfs", 0, NULL));
    expect_errno(mount("sysfs", "m", "sysfs", 0, NULL), EBUSY, "sysfs twice");
    expect(stat("m", &one) == 0 && stat("/sys", &two) == 0, "stat");
    step("one sysfs", "%d", one.st_dev == two.st_dev && one.st_ino == two.st_ino);
    expect(umount("m") == 0, "umount");
    step_result("proc", mount("proc", "m", "proc", 0, NULL));
    step_result("proc twice", mount("proc", "m", "proc", 0, NULL));
    step("it works", "%d", access("m/self/status", R_OK));
    expect(stat("m", &one) == 0 && stat("/proc", &two) == 0, "stat");
    step("one proc", "%d", one.st_dev == two.st_dev);
    expect(umount("m") == 0 && umount("m") == 0, "umount");
    step_result("devpts", mount("devpts", "m", "devpts", 0, "ptmxmode=0666,mode=620"));
    expect(stat("m", &one) == 0 && stat("/dev/pts", &two) == 0, "stat");
    step("another devpts", "%d", one.st_dev != two.st_dev);
    expect(stat("m/ptmx", &one) == 0, "stat");
    step("its ptmx", "%o", (unsigned)one.st_mode);
    step_mounts("special ones");
    contract_pass();
}
