/* Contract: trusted.* attributes are for CAP_SYS_ADMIN and invisible to others, who may read but
 * not change security.*; both kinds can be on any file, symbolic links too.
 * Requires: root, tmpfs, Linux 6.6
 * Source: xattr(7), fs/xattr.c:xattr_permission, security/commoncap.c:cap_inode_setxattr. */
#include "../contract.h"
#include <sys/stat.h>
#include <sys/xattr.h>

/* Print the names that this contract made. */
static void list(const char *what, const char *path)
{
    char names[1024], shown[1024] = "";
    long size = llistxattr(path, names, sizeof names);
    expect(size >= 0, "llistxattr");
    for (char *at = names; at < names + size; at += strlen(at) + 1)
        if (strstr(at, ".kevlar") != NULL)
            strcat(strcat(shown, " "), at);
    step(what, "%s", shown);
}

int main(void)
{
    char value[16] = "";
    umask(0);
    expect(chmod(".", 0755) == 0, "chmod");
    expect(close(open("file", O_CREAT | O_RDWR, 0666)) == 0, "open");
    expect(close(open("secret", O_CREAT | O_RDWR, 0600)) == 0, "open");
    expect(mkdir("sticky", 01777) == 0 && symlink("nowhere", "link") == 0, "make");
    expect(mknod("fifo", S_IFIFO | 0666, 0) == 0, "mknod");
    step_result("trusted", setxattr("file", "trusted.kevlar", "t", 1, 0));
    step_result("security", setxattr("file", "security.kevlar", "s", 1, 0));
    step_result("user", setxattr("file", "user.kevlar", "u", 1, 0));
    step_result("user of secret", setxattr("secret", "user.kevlar", "u", 1, 0));
    step_result("trusted of a link", lsetxattr("link", "trusted.kevlar", "l", 1, 0));
    step_result("trusted of a FIFO", setxattr("fifo", "trusted.kevlar", "f", 1, 0));
    expect_errno(setxattr("link", "trusted.kevlar", "l", 1, 0), ENOENT, "through the link");
    step_result("get", lgetxattr("link", "trusted.kevlar", value, sizeof value));
    step("value", "%s", value);
    list("link", "link");
    list("file", "file");
    expect_errno(setxattr("file", "security.capability", "x", 1, 0), EINVAL, "no capabilities");

    pid_t child = fork();
    if (child == 0) {
        expect(setresgid(99, 99, 99) == 0 && setresuid(99, 99, 99) == 0, "setresuid");
        list("file", "file");
        list("link", "link");
        expect_errno(setxattr("file", "trusted.kevlar", "t", 1, 0), EPERM, "set trusted");
        expect_errno(getxattr("file", "trusted.kevlar", NULL, 0), ENODATA, "get trusted");
        expect_errno(removexattr("file", "trusted.kevlar"), EPERM, "remove trusted");
        expect_errno(setxattr("file", "security.kevlar", "s", 1, 0), EPERM, "set security");
        step_result("get security", getxattr("file", "security.kevlar", NULL, 0));
        expect_errno(removexattr("file", "security.kevlar"), EPERM, "remove security");
        step_result("set user", setxattr("file", "user.kevlar", "w", 1, 0));
        expect_errno(setxattr("secret", "user.kevlar", "w", 1, 0), EACCES, "set user of secret");
        expect_errno(getxattr("secret", "user.kevlar", NULL, 0), EACCES, "get user of secret");
        list("secret", "secret");
        expect_errno(setxattr("sticky", "user.kevlar", "w", 1, 0), EPERM, "set user of sticky");
        _exit(0);
    }
    wait_for_success(child);
    step_result("remove", lremovexattr("link", "trusted.kevlar"));
    list("link", "link");
    contract_pass();
}
