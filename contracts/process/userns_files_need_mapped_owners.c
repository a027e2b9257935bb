/* Contract: on a file system that belongs to a user namespace, nothing is created by who has no
 * name there (EOVERFLOW), and devices are not opened, even if a privileged outsider made them.
 * Requires: root, userns, tmpfs
 * fs/namei.c:may_create(), may_open_dev(); user_namespaces(7). */
#include "../userns.h"
#include <linux/securebits.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static int ready[2], done[2];

static void outsider(pid_t owner)
{
    char path[64];
    struct stat st;
    snprintf(path, sizeof path, "/proc/%d/root", owner);
    int root = open(path, O_PATH | O_DIRECTORY);
    snprintf(path, sizeof path, "/proc/%d/cwd", owner);
    int here = open(path, O_PATH | O_DIRECTORY);
    expect(root >= 0 && here >= 0 && fchdir(here) == 0, "there");
    expect_errno(open("new/file", O_CREAT | O_WRONLY, 0600), EOVERFLOW, "a file of root's");
    expect_errno(mkdir("new/directory", 0700), EOVERFLOW, "a directory");
    expect_errno(symlink("x", "new/link"), EOVERFLOW, "a symbolic link");
    expect_errno(mknod("new/null", S_IFCHR | 0666, makedev(1, 3)), EOVERFLOW, "a device");
    expect(syscall(SYS_setfsuid, 5000) == 0 && syscall(SYS_setfsgid, 5000) == 0, "setfsuid");
    step("a file of the owner's", "%d", open("new/file", O_CREAT | O_WRONLY, 0600) >= 0);
    step_result("a second name", link("new/file", "new/other"));
    expect(stat("new/other", &st) == 0, "stat");
    step("whose", "%d %d", st.st_uid, st.st_gid);
    expect(syscall(SYS_setfsuid, 0) == 5000, "setfsuid");
    expect_errno(link("new/file", "new/third"), EOVERFLOW, "a third name");
    expect_errno(rename("new/file", "new/fourth"), EOVERFLOW, "another name");
    step_result("remove it", unlink("new/other"));
    step_result("a file for root", chown("new/file", 0, 0));
    expect(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) == 0, "secure bits");
    expect(syscall(SYS_setfsuid, 5000) == 0, "setfsuid");
    step_result("a device of the owner's", mknod("new/null", S_IFCHR | 0666, makedev(1, 3)));
    expect_errno(open("new/null", O_WRONLY), EACCES, "open it");
}

static void owner(void)
{
    char byte;
    become(5000);
    expect(unshare(CLONE_NEWUSER) == 0, "unshare");
    expect(write(ready[1], "x", 1) == 1 && read(done[0], &byte, 1) == 1, "maps");
    expect(unshare(CLONE_NEWNS) == 0, "unshare");
    expect(mount("mine", "new", "tmpfs", 0, "mode=777") == 0, "tmpfs");
    expect(write(ready[1], "x", 1) == 1 && read(done[0], &byte, 1) == 1, "outsider");
    expect_errno(open("new/null", O_WRONLY), EACCES, "the owner opens it");
    expect_errno(open("new/file", O_RDONLY), EACCES, "the owner opens root's file");
}

int main(void)
{
    int status;
    char byte;
    expect(mkdir("new", 0777) == 0 && chmod(".", 0755) == 0, "mkdir");
    expect(pipe(ready) == 0 && pipe(done) == 0, "pipes");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        owner();
        _exit(0);
    }
    expect(read(ready[0], &byte, 1) == 1, "ready");
    expect(write_proc(child, "uid_map", "0 5000 1") == 0, "uid_map");
    expect(write_proc(child, "gid_map", "0 5000 1") == 0, "gid_map");
    expect(write(done[1], "x", 1) == 1 && read(ready[0], &byte, 1) == 1, "mounted");
    fflush(stdout);
    pid_t other = fork();
    if (other == 0) {
        outsider(child);
        _exit(0);
    }
    expect(waitpid(other, &status, 0) == other, "waitpid");
    step("status", "%d", status);
    expect(write(done[1], "x", 1) == 1, "write");
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("status", "%d", status);
    contract_pass();
}
