/* Contract: fspick(2) opens a mounted file system for a change: parameters, read-only and back;
 * mode, which cannot be changed, is ignored; only the root of a mount can be picked.
 * Requires: CAP_SYS_ADMIN, root
 * Source: fs/fsopen.c:SYSCALL_DEFINE3(fspick), mm/shmem.c:shmem_reconfigure. */
#include "../contract.h"
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>

enum { FLAG = 0, STRING = 1, CREATE = 6, RECONFIGURE = 7 };

static long config(int fd, unsigned command, const char *key, const void *value)
{
    return syscall(SYS_fsconfig, fd, command, key, value, 0);
}

static void pages(const char *what)
{
    struct statfs system;
    expect(statfs("m", &system) == 0, "statfs");
    step(what, "%ld of %ld pages, %ld of %ld inodes", (long)system.f_bfree, (long)system.f_blocks,
         (long)system.f_ffree, (long)system.f_files);
}

int main(void)
{
    static char data[65536];
    private_mounts();
    expect(mkdir("m", 0755) == 0, "mkdir");
    expect(mount("m", "m", "tmpfs", 0, "size=128k,nr_inodes=8,mode=755") == 0, "mount");
    int writer = open("m/file", O_CREAT | O_WRONLY, 0644);
    expect(write(writer, data, sizeof data) == sizeof data && mkdir("m/d", 0755) == 0, "write");
    expect_errno(syscall(SYS_fspick, AT_FDCWD, "m/d", 0), EINVAL, "no mount's root");
    expect_errno(syscall(SYS_fspick, AT_FDCWD, "missing", 0), ENOENT, "nothing");
    expect_errno(syscall(SYS_fspick, AT_FDCWD, "m", 0x10), EINVAL, "an unknown flag");
    int fs = syscall(SYS_fspick, AT_FDCWD, "m", 1);
    step("close-on-exec", "%d", fcntl(fs, F_GETFD));
    expect_errno(config(fs, CREATE, NULL, NULL), EBUSY, "creation");
    step_result("a greater size", config(fs, STRING, "size", "256k"));
    step_result("a mode", config(fs, STRING, "mode", "700"));
    step_result("changed", config(fs, RECONFIGURE, NULL, NULL));
    pages("greater");
    step_mounts("greater");
    step_result("a size too small", config(fs, STRING, "size", "32k"));
    expect_errno(config(fs, RECONFIGURE, NULL, NULL), EINVAL, "which is refused");
    pages("as before");
    close(fs);
    fs = syscall(SYS_fspick, AT_FDCWD, "m", 0);
    step_result("read-only", config(fs, FLAG, "ro", NULL));
    expect_errno(config(fs, RECONFIGURE, NULL, NULL), EBUSY, "while it is written to");
    close(fs);
    close(writer);
    fs = syscall(SYS_fspick, AT_FDCWD, "m", 0);
    expect(config(fs, FLAG, "ro", NULL) == 0, "ro");
    step_result("changed", config(fs, RECONFIGURE, NULL, NULL));
    expect_errno(mkdir("m/new", 0755), EROFS, "mkdir");
    step_mounts("read-only");
    expect_errno(syscall(SYS_fsmount, fs, 0, 0), EBUSY, "fsmount of it");
    step_result("and back", mount(NULL, "m", NULL, MS_REMOUNT, "size=64k,nr_inodes=16"));
    pages("smaller");
    expect_errno(mount(NULL, "m", NULL, MS_REMOUNT, "nr_inodes=2"), EINVAL, "too few inodes");
    expect_errno(mount(NULL, "m", NULL, MS_REMOUNT, "bogus"), EINVAL, "an unknown option");
    step_mounts("at last");
    contract_pass();
}
