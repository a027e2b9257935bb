/* Contract: unshare(CLONE_NEWNS) and clone(CLONE_NEWNS) give a copy of the mounts; what is mounted
 * and unmounted in one is not seen in the other; root and working directory move along.
 * Requires: CAP_SYS_ADMIN, root
 * Source: mount_namespaces(7), fs/namespace.c:copy_mnt_ns. */
#include "../contract.h"
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

static void name_of(const char *what, char *text)
{
    text[readlink("/proc/self/ns/mnt", text, 63)] = 0;
    step(what, "%.5s", text);
}

static void there(const char *what)
{
    step(what, "%s", access("m/file", F_OK) == 0 ? "seen" : "not seen");
}

int main(void)
{
    char first[64] = "", second[64] = "", third[64] = "";
    int ends[2], back[2];
    expect(pipe(ends) == 0 && pipe(back) == 0 && mkdir("m", 0755) == 0, "make");
    name_of("namespace", first);
    private_mounts();
    name_of("after unshare", second);
    step("it is another", "%d", strcmp(first, second) != 0);
    pid_t pid = fork();
    if (pid == 0) {
        char byte;
        name_of("a child", third);
        step("shares it", "%d", strcmp(second, third) == 0);
        expect(unshare(CLONE_NEWNS) == 0, "unshare");
        name_of("its own", third);
        step("is another", "%d", strcmp(second, third) != 0);
        expect(mount("inner", "m", "tmpfs", 0, NULL) == 0, "mount");
        expect(close(open("m/file", O_CREAT | O_WRONLY, 0644)) == 0, "file");
        there("in the child");
        expect(write(ends[1], "x", 1) == 1 && read(back[0], &byte, 1) == 1, "tell");
        there("in the child, after the parent mounted");
        step_mounts("the child's");
        _exit(0);
    }
    char byte;
    expect(read(ends[0], &byte, 1) == 1, "wait");
    there("in the parent");
    expect(mount("outer", "m", "tmpfs", 0, "mode=700") == 0, "mount");
    step_mounts("the parent's");
    expect(write(back[1], "x", 1) == 1, "tell");
    wait_for_success(pid);
    expect(chdir("m") == 0 && mkdir("below", 0755) == 0, "chdir");
    expect(unshare(CLONE_NEWNS | CLONE_FS) == 0, "unshare");
    step_result("the working directory is the copy's", umount2("../m", 0) == -1 && errno == EBUSY);
    expect(chdir("..") == 0, "chdir");
    step_result("umount", umount("m"));
    pid = syscall(SYS_clone, CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        expect(mount("cloned", "m", "tmpfs", 0, NULL) == 0, "mount");
        step_mounts("a clone's");
        _exit(0);
    }
    wait_for_success(pid);
    step_mounts("afterwards");
    expect_errno(syscall(SYS_clone, CLONE_NEWNS | CLONE_FS | SIGCHLD, 0, 0, 0, 0), EINVAL,
                 "CLONE_NEWNS and CLONE_FS");
    expect(chmod(".", 0755) == 0 && seteuid(1000) == 0, "become 1000");
    expect_errno(unshare(CLONE_NEWNS), EPERM, "unshare without CAP_SYS_ADMIN");
    expect_errno(mount("x", "m", "tmpfs", 0, NULL), EPERM, "mount without it");
    expect_errno(umount("m"), EPERM, "umount without it");
    expect_errno(syscall(SYS_pivot_root, "m", "m"), EPERM, "pivot_root without it");
    contract_pass();
}
