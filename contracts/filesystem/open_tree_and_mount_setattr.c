/* Contract: open_tree(2) opens a place or a copy of a mount, alone or with what is below;
 * mount_setattr(2) sets and clears attributes of a mount or of a tree, all or none of them.
 * Requires: CAP_SYS_ADMIN, root
 * Source: fs/namespace.c:SYSCALL_DEFINE3(open_tree), SYSCALL_DEFINE5(mount_setattr). */
#include "../contract.h"
#include <sys/mount.h>
#include <sys/stat.h>

#define CLONE 1
#define RECURSIVE 0x8000
#define MOVE(fd, to) syscall(SYS_move_mount, fd, "", AT_FDCWD, to, 4)

struct attributes {
    unsigned long long set, clear, propagation, user;
};

static long set(const char *path, unsigned flags, unsigned long long set, unsigned long long clear,
                unsigned long long propagation)
{
    struct attributes all = {set, clear, propagation, 0};
    return syscall(SYS_mount_setattr, AT_FDCWD, path, flags, &all, sizeof all);
}

int main(void)
{
    private_mounts();
    for (const char *name = "abcd"; *name; name++)
        expect(mkdir((char[]){*name, 0}, 0755) == 0, "mkdir");
    expect(mount("outer", "a", "tmpfs", 0, "mode=755") == 0 && mkdir("a/x", 0755) == 0, "mount");
    expect(mount("inner", "a/x", "tmpfs", 0, "mode=755") == 0 && mkdir("a/x/deep", 0755) == 0, "mount");
    int place = syscall(SYS_open_tree, AT_FDCWD, "a/x", 0);
    step("a place", "%d", place >= 0 && fcntl(place, F_GETFL) & O_PATH);
    step_result("close-on-exec", fcntl(place, F_GETFD));
    step_result("from there", faccessat(place, "deep", F_OK, 0));
    close(place);
    expect_errno(syscall(SYS_open_tree, AT_FDCWD, "missing", 0), ENOENT, "nothing");
    expect_errno(syscall(SYS_open_tree, AT_FDCWD, "a", 2), EINVAL, "an unknown flag");
    expect_errno(syscall(SYS_open_tree, AT_FDCWD, "a", RECURSIVE), EINVAL, "a place with all below");
    int one = syscall(SYS_open_tree, AT_FDCWD, "a", CLONE | O_CLOEXEC);
    int all = syscall(SYS_open_tree, AT_FDCWD, "a", CLONE | RECURSIVE);
    expect(one >= 0 && all >= 0, "open_tree");
    step("close-on-exec", "%d %d", fcntl(one, F_GETFD), fcntl(all, F_GETFD));
    step_result("alone", faccessat(one, "x/deep", F_OK, 0));
    step_result("with all below", faccessat(all, "x/deep", F_OK, 0));
    step_result("alone, on b", MOVE(one, "b"));
    step_result("all, on c", MOVE(all, "c"));
    expect_errno(MOVE(all, "c/x/deep"), ELOOP, "into itself");
    int part = syscall(SYS_open_tree, AT_FDCWD, "a/x/deep", CLONE);
    step_result("a part, on d", MOVE(part, "d"));
    step_mounts("copies");
    close(one);
    step_result("read-only, nosuid", set("b", 0, 1 | 2, 0, 0));
    step_result("noexec, writable", set("b", 0, 8, 1, 0));
    step_result("noatime", set("b", 0, 0x10, 0x70, 0));
    expect_errno(set("b", 0, 0x20, 0, 0), EINVAL, "another atime without clearing");
    step_result("strictatime and nodiratime", set("b", 0, 0x20 | 0x80, 0x70, 0));
    step_mounts("set one by one");
    expect_errno(set("b", 0, 0x400, 0, 0), EINVAL, "an unknown attribute");
    expect_errno(set("b", 0, 1, 0, MS_SHARED | MS_SLAVE), EINVAL, "two kinds");
    expect_errno(set("b", 0x1, 1, 0, 0), EINVAL, "an unknown flag");
    expect_errno(set("b/x", 0, 1, 0, 0), EINVAL, "no mount's root");
    step_result("nothing", set("b/x", 0, 0, 0, 0));
    step_result("a tree read-only and shared", set("c", RECURSIVE, 1, 0, MS_SHARED));
    step_mounts("a tree");
    int writer = open("a/x/file", O_CREAT | O_WRONLY, 0644);
    expect_errno(set("a", RECURSIVE, 1 | 4, 0, 0), EBUSY, "a tree that is written to");
    step_mounts("all or none");
    close(writer);
    struct attributes changes = {4, 0, 0, 0};
    expect_errno(syscall(SYS_mount_setattr, AT_FDCWD, "a", 0, &changes, 16), EINVAL, "too small");
    expect_errno(syscall(SYS_mount_setattr, AT_FDCWD, "a", 0, &changes, 8192), E2BIG, "too big");
    expect_errno(syscall(SYS_mount_setattr, AT_FDCWD, "a", 0, (void *)8, 32), EFAULT, "a bad address");
    step_result("by a descriptor", syscall(SYS_mount_setattr, all, "", AT_EMPTY_PATH, &changes, 32));
    step_mounts("at last");
    contract_pass();
}
