/* Contract: pivot_root(2) puts a mount in the place of the root, and the old root below it; who had
 * the old root as root or working directory gets the new one; what is in the way is EINVAL or EBUSY.
 * Requires: CAP_SYS_ADMIN, root
 * Source: pivot_root(2), fs/namespace.c:path_pivot_root. */
#include "../contract.h"
#include <sys/mount.h>
#include <sys/stat.h>

static long pivot(const char *new_root, const char *put_old)
{
    return syscall(SYS_pivot_root, new_root, put_old);
}

int main(void)
{
    int ends[2], back[2];
    char byte, text[4096];
    private_mounts();
    expect(pipe(ends) == 0 && pipe(back) == 0, "pipe");
    expect(mkdir("base", 0755) == 0 && mount("base", "base", "tmpfs", 0, "mode=755") == 0, "mount");
    expect(chdir("base") == 0 && mkdir("new", 0755) == 0 && mkdir("plain", 0755) == 0, "mkdir");
    expect(mount("new", "new", "tmpfs", 0, "mode=755") == 0, "mount");
    expect(mkdir("new/old", 0755) == 0 && mkdir("new/sub", 0755) == 0, "mkdir");
    expect(close(open("new/file", O_CREAT | O_WRONLY, 0644)) == 0, "file");
    expect_errno(pivot("plain", "plain"), EINVAL, "a new root that is no mount");
    expect_errno(pivot("new", "plain"), EINVAL, "an old root outside of the new one");
    expect_errno(pivot("new/sub", "new/old"), EINVAL, "a directory in the new mount");
    expect_errno(pivot("new/file", "new/old"), ENOTDIR, "a file");
    expect_errno(pivot("new", "new/file"), ENOTDIR, "the old root on a file");
    expect_errno(pivot("new", "new/missing"), ENOENT, "the old root nowhere");
    expect_errno(pivot("/", "new/old"), EBUSY, "the root itself");
    expect(mount(NULL, "new", NULL, MS_SHARED, NULL) == 0, "shared");
    expect_errno(pivot("new", "new/old"), EINVAL, "a shared new root");
    expect(mount(NULL, "new", NULL, MS_PRIVATE, NULL) == 0, "private");
    pid_t pid = fork();
    if (pid == 0) {
        expect(chdir("/") == 0 && write(ends[1], "x", 1) == 1 && read(back[0], &byte, 1) == 1, "tell");
        step_result("another process's root", access("/file", F_OK));
        step_result("and working directory", access("file", F_OK));
        _exit(0);
    }
    expect(read(ends[0], &byte, 1) == 1, "wait");
    step_result("pivot_root", pivot("new", "new/old"));
    step_result("the root", access("/file", F_OK));
    expect(write(back[1], "x", 1) == 1, "tell");
    wait_for_success(pid);
    step_result("the old root below", access("/old/proc/self", F_OK));
    step_result("the working directory stays", access("new/old", F_OK));
    expect(chdir("/") == 0 && getcwd(text, sizeof text) != NULL, "chdir");
    step("getcwd", "%s", text);
    expect(mkdir("/proc", 0755) == 0 && mount("proc", "/proc", "proc", 0, NULL) == 0, "proc");
    step_result("the old root goes away", umount2("/old", MNT_DETACH));
    step_mounts("what is left");
    step_result("pivot_root onto oneself", pivot(".", "."));
    step_result("a chroot", chroot("sub"));
    expect_errno(pivot("/", "/"), EBUSY, "in a chroot that is no mount");
    contract_pass();
}
