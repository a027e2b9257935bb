/* Contract: setns(2) with /proc/PID/ns/mnt enters that mount namespace: root and working directory
 * become its root; a removed mount point of another namespace is unmounted there.
 * Requires: CAP_SYS_ADMIN, root
 * Source: setns(2), mount_namespaces(7), fs/namespace.c:mntns_install, __detach_mounts. */
#include "../contract.h"
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

int main(void)
{
    int ends[2], back[2];
    char byte, path[64], here[4096];
    expect(pipe(ends) == 0 && pipe(back) == 0, "pipe");
    expect(mkdir("m", 0755) == 0 && mkdir("gone", 0755) == 0 && getcwd(here, sizeof here), "make");
    private_mounts();
    pid_t pid = fork();
    if (pid == 0) {
        expect(unshare(CLONE_NEWNS) == 0, "unshare");
        expect(mount("inner", "m", "tmpfs", 0, NULL) == 0, "mount");
        expect(mount("other", "gone", "tmpfs", 0, NULL) == 0, "mount");
        expect(mkdir("m/inside", 0755) == 0, "mkdir");
        expect_errno(rmdir("gone"), EBUSY, "rmdir of a mount point of one's own");
        expect_errno(rename("gone", "x"), EBUSY, "rename of it");
        expect(write(ends[1], "x", 1) == 1 && read(back[0], &byte, 1) == 1, "tell");
        step_mounts("after the other removed a mount point");
        step("the directory", "%s", access("gone", F_OK) == 0 ? "is there" : "is gone");
        expect(write(ends[1], "x", 1) == 1 && read(back[0], &byte, 1) == 1, "tell");
        _exit(0);
    }
    expect(read(ends[0], &byte, 1) == 1, "wait");
    step_result("rmdir of another namespace's mount point", rmdir("gone"));
    expect(write(back[1], "x", 1) == 1 && read(ends[0], &byte, 1) == 1, "wait");
    snprintf(path, sizeof path, "/proc/%d/ns/mnt", (int)pid);
    int there = open(path, O_RDONLY), own = open("/proc/self/ns/mnt", O_RDONLY);
    expect(there >= 0 && own >= 0, "open");
    expect_errno(setns(there, CLONE_NEWUTS), EINVAL, "another kind");
    expect_errno(setns(ends[0], CLONE_NEWNS), EINVAL, "a pipe");
    expect_errno(setns(99, CLONE_NEWNS), EBADF, "no descriptor");
    step("inside before", "%d", access("m/inside", F_OK) == 0);
    step_result("setns", setns(there, CLONE_NEWNS));
    expect(getcwd(path, sizeof path) != NULL, "getcwd");
    step("the working directory is the root", "%s", path);
    expect(chdir(here) == 0, "chdir");
    step("inside after", "%d", access("m/inside", F_OK) == 0);
    step_result("back", setns(own, 0));
    expect(chdir(here) == 0, "chdir");
    step("inside at last", "%d", access("m/inside", F_OK) == 0);
    expect(write(back[1], "x", 1) == 1, "tell");
    wait_for_success(pid);
    step_result("the descriptor keeps it", setns(there, CLONE_NEWNS));
    expect(chdir(here) == 0, "chdir");
    step("inside", "%d", access("m/inside", F_OK) == 0);
    expect(seteuid(1000) == 0, "become 1000");
    expect_errno(setns(own, CLONE_NEWNS), EPERM, "without CAP_SYS_ADMIN");
    contract_pass();
}
