/* Contract: fsopen(2), fsconfig(2), fsmount(2) and move_mount(2) make a mount step by step: what each
 * step refuses, that a mount exists before it has a place, and goes if nobody gives it one.
 * Requires: CAP_SYS_ADMIN, root
 * Source: fs/fsopen.c, fs/namespace.c:SYSCALL_DEFINE3(fsmount), SYSCALL_DEFINE5(move_mount). */
#include "../contract.h"
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>

enum { FLAG = 0, STRING = 1, BINARY = 2, PATH = 3, FD = 5, CREATE = 6, RECONFIGURE = 7 };

static long config(int fd, unsigned command, const char *key, const void *value, int aux)
{
    return syscall(SYS_fsconfig, fd, command, key, value, aux);
}

static void log_of(int fd)
{
    char text[256] = "";
    long size = read(fd, text, sizeof text - 1);
    step("log", "%s", size < 0 ? errno_name(errno) : text);
}

int main(void)
{
    struct statfs system;
    struct stat status;
    private_mounts();
    expect(mkdir("m", 0755) == 0 && mkdir("n", 0755) == 0, "mkdir");
    expect_errno(syscall(SYS_fsopen, "nothing", 0), ENODEV, "no such type");
    expect_errno(syscall(SYS_fsopen, "tmpfs", 2), EINVAL, "an unknown flag");
    expect_errno(syscall(SYS_fsopen, NULL, 0), EFAULT, "no type");
    int fs = syscall(SYS_fsopen, "tmpfs", 1);
    step("close-on-exec", "%d", fcntl(fs, F_GETFD));
    log_of(fs);
    expect_errno(syscall(SYS_fsmount, fs, 0, 0), EINVAL, "fsmount before it is created");
    expect_errno(config(fs, STRING, "bogus", "x", 0), EINVAL, "an unknown key");
    log_of(fs);
    log_of(fs);
    expect_errno(config(fs, STRING, "mode", "9", 0), EINVAL, "a bad value");
    log_of(fs);
    expect_errno(config(fs, FLAG, "mode", NULL, 0), EINVAL, "a key without its value");
    log_of(fs);
    step_result("mode", config(fs, STRING, "mode", "750", 0));
    step_result("size", config(fs, STRING, "size", "64k", 0));
    step_result("source", config(fs, STRING, "source", "my source", 0));
    expect_errno(config(fs, STRING, "source", "two", 0), EINVAL, "a second source");
    log_of(fs);
    step_result("read-only", config(fs, FLAG, "ro", NULL, 0));
    step_result("writable", config(fs, FLAG, "rw", NULL, 0));
    expect_errno(config(fs, FLAG, "x", "y", 0), EINVAL, "a flag with a value");
    expect_errno(config(fs, STRING, "x", NULL, 0), EINVAL, "a string without a value");
    expect_errno(config(fs, STRING, NULL, "x", 0), EINVAL, "a string without a key");
    expect_errno(config(fs, CREATE, "x", NULL, 0), EINVAL, "creation with a key");
    expect_errno(config(fs, 99, NULL, NULL, 0), EOPNOTSUPP, "an unknown command");
    expect_errno(config(fs, BINARY, "x", "y", 1), EINVAL, "a binary value that nobody takes");
    expect_errno(config(0, FLAG, "ro", NULL, 0), EINVAL, "another kind of file");
    expect_errno(config(99, FLAG, "ro", NULL, 0), EBADF, "no descriptor");
    expect_errno(config(fs, RECONFIGURE, NULL, NULL, 0), EBUSY, "a change before there is something");
    step_result("created", config(fs, CREATE, NULL, NULL, 0));
    expect_errno(config(fs, CREATE, NULL, NULL, 0), EBUSY, "created twice");
    expect_errno(config(fs, STRING, "mode", "700", 0), EBUSY, "a parameter too late");
    expect_errno(syscall(SYS_fsmount, fs, 2, 0), EINVAL, "fsmount with an unknown flag");
    expect_errno(syscall(SYS_fsmount, fs, 0, 0x400), EINVAL, "fsmount with an unknown attribute");
    expect_errno(syscall(SYS_fsmount, 0, 0, 0), EINVAL, "fsmount of another kind of file");
    int mount = syscall(SYS_fsmount, fs, 1, 2 | 4);
    step("a mount", "%d", mount >= 0);
    expect_errno(syscall(SYS_fsmount, fs, 0, 0), EBUSY, "a second mount");
    step("flags", "%d", fcntl(mount, F_GETFL) & O_PATH ? 1 : 0);
    expect(fstat(mount, &status) == 0 && fstatfs(mount, &system) == 0, "fstat");
    step("its root", "%o, %ld pages, flags %lx", (unsigned)status.st_mode, (long)system.f_blocks,
         (long)system.f_flags);
    step_result("a directory in it", mkdirat(mount, "inside", 0755));
    step_mounts("nothing to be seen");
    expect_errno(syscall(SYS_move_mount, mount, "", AT_FDCWD, "m", 0), ENOENT, "without a name");
    expect_errno(syscall(SYS_move_mount, mount, "inside", AT_FDCWD, "m", 0), EINVAL, "no mount's root");
    expect_errno(syscall(SYS_move_mount, mount, "", AT_FDCWD, "m", 0x8000), EINVAL, "an unknown flag");
    step_result("placed", syscall(SYS_move_mount, mount, "", AT_FDCWD, "m", 4));
    step_mounts("placed");
    step_result("moved on", syscall(SYS_move_mount, AT_FDCWD, "m", AT_FDCWD, "n", 0));
    step_mounts("moved");
    expect_errno(umount("n"), EBUSY, "the descriptor uses it");
    expect(close(mount) == 0 && close(fs) == 0, "close");
    step_result("closed, it stays", access("n/inside", F_OK));
    step_result("umount", umount("n"));
    fs = syscall(SYS_fsopen, "tmpfs", 0);
    expect(config(fs, CREATE, NULL, NULL, 0) == 0, "create");
    mount = syscall(SYS_fsmount, fs, 0, 0);
    expect(mount >= 0 && mkdirat(mount, "x", 0755) == 0, "fsmount");
    int inside = openat(mount, "x", O_RDONLY);
    close(mount);
    step_result("a mount that never had a place", faccessat(inside, "..", F_OK, 0));
    expect_errno(syscall(SYS_move_mount, inside, "..", AT_FDCWD, "m", 0), EINVAL, "is gone");
    expect(chmod(".", 0755) == 0 && seteuid(1000) == 0, "become 1000");
    expect_errno(syscall(SYS_fsopen, "tmpfs", 0), EPERM, "fsopen without CAP_SYS_ADMIN");
    expect_errno(syscall(SYS_move_mount, AT_FDCWD, "m", AT_FDCWD, "n", 0), EPERM, "move_mount without it");
    contract_pass();
}
