/* Contract: linkat(2) links a symbolic link itself unless AT_SYMLINK_FOLLOW, a descriptor with
 * AT_EMPTY_PATH or through /proc/self/fd, an O_TMPFILE file unless it was opened with O_EXCL.
 * Requires: root, tmpfs
 * Source: link(2), fs/namei.c:do_linkat, vfs_link. */
#include "../contract.h"
#include <sys/stat.h>

static void kind(const char *path)
{
    struct stat status;
    expect(lstat(path, &status) == 0, path);
    step(path, "%o, %lu links", (unsigned)status.st_mode, (unsigned long)status.st_nlink);
}

int main(void)
{
    char where[64];
    umask(022);
    int fd = open("file", O_CREAT | O_RDWR, 0644), dir = open(".", O_RDONLY);
    expect(symlink("file", "link") == 0 && symlink("nowhere", "dangling") == 0, "symlink");
    expect(mkdir("directory", 0755) == 0 && mkfifo("fifo", 0600) == 0, "make");
    step_result("no flags", linkat(dir, "link", dir, "a", 0));
    kind("a");
    step_result("follow", linkat(dir, "link", dir, "b", AT_SYMLINK_FOLLOW));
    kind("b");
    step_result("dangling", linkat(dir, "dangling", dir, "c", 0));
    expect_errno(linkat(dir, "dangling", dir, "d", AT_SYMLINK_FOLLOW), ENOENT, "follow nowhere");
    expect_errno(linkat(dir, "file", dir, "a", 0), EEXIST, "the new name exists");
    expect_errno(linkat(dir, "file", dir, "dangling", 0), EEXIST, "the new name is a dangling link");
    expect_errno(linkat(dir, "directory", dir, "d", 0), EPERM, "a directory");
    expect_errno(linkat(dir, "missing", dir, "d", 0), ENOENT, "nothing");
    expect_errno(linkat(dir, "file/", dir, "d", 0), ENOTDIR, "a slash behind the old name");
    expect_errno(linkat(dir, "file", dir, "d/", 0), ENOENT, "a slash behind the new name");
    expect_errno(linkat(dir, "file", dir, "file/x", 0), ENOTDIR, "below a file");
    expect_errno(linkat(dir, "file", dir, "", 0), ENOENT, "an empty new name");
    expect_errno(linkat(dir, "", dir, "d", 0), ENOENT, "an empty old name");
    expect_errno(linkat(dir, "file", dir, ".", 0), EEXIST, "the new name is a dot");
    expect_errno(linkat(dir, "file", dir, "/", 0), EEXIST, "the new name is the root");
    expect_errno(linkat(dir, "file", dir, "d", AT_SYMLINK_NOFOLLOW), EINVAL, "another flag");
    expect_errno(linkat(fd, "x", dir, "d", 0), ENOTDIR, "relative to a file");
    expect_errno(linkat(99, "file", dir, "d", 0), EBADF, "relative to nothing");
    step_result("a FIFO", linkat(dir, "fifo", dir, "fifo2", 0));
    kind("fifo2");
    step_result("a descriptor", linkat(fd, "", dir, "e", AT_EMPTY_PATH));
    kind("e");
    expect_errno(linkat(dir, "", dir, "f", AT_EMPTY_PATH), EPERM, "the descriptor of a directory");
    int link = open("link", O_PATH | O_NOFOLLOW);
    step_result("an O_PATH descriptor of a link", linkat(link, "", dir, "f", AT_EMPTY_PATH));
    kind("f");
    snprintf(where, sizeof where, "/proc/self/fd/%d", fd);
    expect_errno(linkat(dir, where, dir, "g", 0), EXDEV, "the entry of /proc itself");
    step_result("what it is about", linkat(dir, where, dir, "g", AT_SYMLINK_FOLLOW));
    kind("g");
    int nameless = open(".", O_TMPFILE | O_RDWR, 0640);
    expect(nameless >= 0, "O_TMPFILE");
    snprintf(where, sizeof where, "/proc/self/fd/%d", nameless);
    step_result("O_TMPFILE gets a name", linkat(dir, where, dir, "h", AT_SYMLINK_FOLLOW));
    kind("h");
    step_result("and another", linkat(nameless, "", dir, "i", AT_EMPTY_PATH));
    kind("i");
    expect(unlink("h") == 0 && unlink("i") == 0, "unlink");
    expect_errno(linkat(nameless, "", dir, "j", AT_EMPTY_PATH), ENOENT, "not once it lost all of them");
    nameless = open(".", O_TMPFILE | O_RDWR | O_EXCL, 0640);
    expect_errno(linkat(nameless, "", dir, "j", AT_EMPTY_PATH), ENOENT, "O_EXCL never gets one");
    contract_pass();
}
