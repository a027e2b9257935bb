/* Contract: user.* attributes of files and directories are set, replaced, read, listed by name and
 * removed; flags, sizes and names are bounded, and special files have none.
 * Requires: tmpfs, Linux 6.6
 * Source: setxattr(2), getxattr(2), listxattr(2), xattr(7), fs/xattr.c, mm/shmem.c. */
#include "../contract.h"
#include <sys/stat.h>
#include <sys/xattr.h>

static char big[65537], name[300], value[64], *volatile nowhere = (char *)8;

/* Print the user.* names; a host may add some of its own. */
static void list(const char *what, const char *path)
{
    char names[1024], shown[1024] = "";
    long size = listxattr(path, names, sizeof names);
    expect(size >= 0, "listxattr");
    for (char *at = names; at < names + size; at += strlen(at) + 1)
        if (strncmp(at, "user.", 5) == 0)
            strcat(strcat(shown, " "), at);
    step(what, "%s", shown);
}

int main(void)
{
    int file = open("file", O_CREAT | O_RDWR, 0644);
    expect(file >= 0 && mkdir("dir", 0755) == 0 && mkfifo("fifo", 0644) == 0, "make");
    expect(symlink("file", "link") == 0, "symlink");
    step_result("set", setxattr("file", "user.b", "12345", 5, 0));
    step_result("set through a link", setxattr("link", "user.a", "x", 1, XATTR_CREATE));
    step_result("set empty", fsetxattr(file, "user.c", NULL, 0, 0));
    list("list", "file");
    expect_errno(setxattr("file", "user.a", "y", 1, XATTR_CREATE), EEXIST, "create again");
    expect_errno(setxattr("file", "user.z", "y", 1, XATTR_REPLACE), ENODATA, "replace nothing");
    expect_errno(setxattr("file", "user.z", "y", 1, 3), ENODATA, "create and replace");
    expect_errno(setxattr("file", "user.a", "y", 1, 3), EEXIST, "create and replace");
    expect_errno(setxattr("file", "user.a", "y", 1, 4), EINVAL, "no such flag");
    step_result("replace", setxattr("file", "user.a", "long", 4, XATTR_REPLACE));
    step_result("size", getxattr("file", "user.a", NULL, 0));
    step_result("get", fgetxattr(file, "user.a", value, sizeof value));
    step("value", "%s", value);
    step_result("get empty", getxattr("link", "user.c", value, 1));
    expect_errno(getxattr("file", "user.a", value, 3), ERANGE, "get into 3 bytes");
    expect_errno(getxattr("file", "user.none", value, 3), ENODATA, "get nothing");
    expect_errno(listxattr("file", value, 3), ERANGE, "list into 3 bytes");
    step_result("remove", removexattr("file", "user.b"));
    expect_errno(removexattr("file", "user.b"), ENODATA, "remove again");
    step_result("remove", fremovexattr(file, "user.a"));
    list("list", "link");
    step_result("set on a directory", setxattr("dir", "user.d", "1", 1, 0));
    list("list", "dir");

    step_result("64 KiB", setxattr("file", "user.big", big, 65536, 0));
    step_result("size", getxattr("file", "user.big", big, sizeof big));
    expect_errno(setxattr("file", "user.big", big, 65537, 0), E2BIG, "one more");
    memcpy(name, "user.", 5);
    memset(name + 5, 'n', 250);
    step_result("name of 255 bytes", setxattr("file", name, "1", 1, 0));
    step_result("remove", removexattr("file", name));
    name[255] = 'n';
    expect_errno(setxattr("file", name, "1", 1, 0), ERANGE, "name of 256 bytes");
    expect_errno(getxattr("file", name, NULL, 0), ERANGE, "name of 256 bytes");
    expect_errno(removexattr("file", ""), ERANGE, "empty name");
    expect_errno(setxattr("file", "user.", "1", 1, 0), EINVAL, "only a prefix");
    expect_errno(setxattr("file", "plain", "1", 1, 0), EOPNOTSUPP, "no prefix");
    expect_errno(getxattr("file", "other.name", NULL, 0), EOPNOTSUPP, "unknown prefix");
    expect_errno(removexattr("file", "other.name"), EOPNOTSUPP, "unknown prefix");
    expect_errno(setxattr("file", "user.e", nowhere, 1, 0), EFAULT, "value nowhere");
    expect_errno(setxattr("nothing", "user.e", "1", 1, 0), ENOENT, "no file");

    expect_errno(setxattr("fifo", "user.f", "1", 1, 0), EPERM, "set on a FIFO");
    expect_errno(getxattr("fifo", "user.f", NULL, 0), ENODATA, "get from a FIFO");
    expect_errno(lsetxattr("link", "user.f", "1", 1, 0), EPERM, "set on a link");
    expect_errno(lgetxattr("link", "user.f", NULL, 0), ENODATA, "get from a link");
    expect_errno(lremovexattr("link", "user.f"), EPERM, "remove from a link");
    int place = open("file", O_PATH);
    expect_errno(fgetxattr(place, "user.c", NULL, 0), EBADF, "an O_PATH descriptor");
    expect_errno(flistxattr(99, NULL, 0), EBADF, "no descriptor");
    int ends[2];
    expect(pipe(ends) == 0, "pipe");
    expect_errno(fsetxattr(ends[0], "user.f", "1", 1, 0), EPERM, "set on a pipe");
    contract_pass();
}
