/* Contract: MS_UNBINDABLE refuses bind mounts and is left out of recursive ones; one kind at a time;
 * MS_REC changes a tree; a copy by unshare(CLONE_NEWNS) is a peer; moving obeys the kinds.
 * Requires: CAP_SYS_ADMIN, root, Linux 6.18
 * Source: mount(2), fs/namespace.c:do_change_type, do_move_mount. */
#include "../contract.h"
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

int main(void)
{
    int ends[2], back[2];
    char byte;
    private_mounts();
    expect(pipe(ends) == 0 && pipe(back) == 0, "pipe");
    for (const char *name = "abcd"; *name; name++)
        expect(mkdir((char[]){*name, 0}, 0755) == 0, "mkdir");
    expect(mount("base", "a", "tmpfs", 0, "mode=755") == 0, "mount");
    expect(mkdir("a/x", 0755) == 0 && mkdir("a/y", 0755) == 0, "mkdir");
    expect(mount("x", "a/x", "tmpfs", 0, "mode=755") == 0, "mount");
    expect(mount("y", "a/y", "tmpfs", 0, "mode=755") == 0, "mount");
    expect_errno(mount(NULL, "a", NULL, MS_SHARED | MS_SLAVE, NULL), EINVAL, "two kinds");
    expect_errno(mount(NULL, "a", NULL, MS_SHARED | MS_NOSUID, NULL), EINVAL, "a kind and a flag");
    step_result("silently", mount(NULL, "a", NULL, MS_SHARED | MS_SILENT, NULL));
    expect_errno(mount(NULL, "b", NULL, MS_SHARED, NULL), EINVAL, "no mount");
    step_result("private", mount(NULL, "a", NULL, MS_PRIVATE, NULL));
    step_result("unbindable", mount(NULL, "a/x", NULL, MS_UNBINDABLE, NULL));
    expect_errno(mount("a/x", "b", NULL, MS_BIND, NULL), EINVAL, "bind of it");
    step_result("bind of the tree", mount("a", "b", NULL, MS_BIND | MS_REC, NULL));
    step_mounts("one is left out");
    step_result("all shared", mount(NULL, "a", NULL, MS_SHARED | MS_REC, NULL));
    step_mounts("all shared");
    expect_errno(mount("a/x", "c", NULL, MS_MOVE, NULL), EINVAL, "moving out of a shared parent");
    step_result("moving a shared mount", mount("a", "c", NULL, MS_MOVE, NULL));
    expect_errno(mount("c", "c/x", NULL, MS_MOVE, NULL), ELOOP, "moving it into itself");
    expect_errno(mount("c/x/none", "d", NULL, MS_MOVE, NULL), ENOENT, "moving nothing");
    expect_errno(mount("d", "a", NULL, MS_MOVE, NULL), EINVAL, "moving no mount");
    expect_errno(mount(NULL, "d", NULL, MS_MOVE, NULL), EINVAL, "moving no name");
    step_mounts("moved");
    step_result("a private tree into a shared one", mount("b", "c/y", NULL, MS_MOVE, NULL));
    step_mounts("it becomes shared");
    step_result("an unbindable one", mount("u", "d", "tmpfs", 0, "mode=755"));
    step_result("unbindable", mount(NULL, "d", NULL, MS_UNBINDABLE, NULL));
    expect_errno(mount("d", "c/x", NULL, MS_MOVE, NULL), EINVAL, "moving it into a shared one");
    pid_t pid = fork();
    if (pid == 0) {
        expect(unshare(CLONE_NEWNS) == 0, "unshare");
        step_mounts("a copy");
        expect(mkdir("c/x/deep", 0755) == 0, "mkdir");
        expect(mount("deep", "c/x/deep", "tmpfs", 0, "mode=755") == 0, "mount");
        expect(mount(NULL, "c", NULL, MS_SLAVE | MS_REC, NULL) == 0, "slave");
        expect(write(ends[1], "x", 1) == 1 && read(back[0], &byte, 1) == 1, "tell");
        step_mounts("a slave's copy");
        _exit(0);
    }
    expect(read(ends[0], &byte, 1) == 1, "wait");
    step_mounts("the copy gave one back");
    step_result("umount in the first", umount("c/x/deep"));
    expect(write(back[1], "x", 1) == 1, "tell");
    wait_for_success(pid);
    contract_pass();
}
