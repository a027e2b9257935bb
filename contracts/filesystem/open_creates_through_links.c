/* Contract: O_CREAT follows a dangling link to where it points, O_EXCL does not follow; a mode
 * without permission does not bind the call that creates; close-on-exec and lowest descriptor.
 * Requires: root
 * Source: open(2), path_resolution(7), fs/namei.c:lookup_open. */
#include "../contract.h"
#include <sys/stat.h>

int main(void)
{
    struct stat status;
    char byte;
    umask(0);
    expect(chmod(".", 0777) == 0 && mkdir("d", 0777) == 0, "mkdir");
    expect(symlink("d/new", "dangling") == 0 && symlink("dangling", "second") == 0, "symlink");
    expect(symlink("loop", "loop") == 0 && symlink("missing/x", "lost") == 0, "symlink");
    expect(symlink("d/slash/", "slash") == 0, "symlink");
    expect_errno(open("dangling", O_CREAT | O_EXCL | O_RDWR, 0644), EEXIST, "exclusive");
    expect_errno(open("dangling", O_CREAT | O_NOFOLLOW | O_RDWR, 0644), ELOOP, "not followed");
    step_result("followed twice", open("second", O_CREAT | O_RDWR, 0604));
    expect(stat("d/new", &status) == 0, "stat");
    step("made", "%o", (unsigned)status.st_mode);
    expect_errno(open("loop", O_CREAT | O_RDWR, 0644), ELOOP, "a loop");
    expect_errno(open("loop", O_CREAT | O_EXCL | O_RDWR, 0644), EEXIST, "a loop, exclusive");
    expect_errno(open("lost", O_CREAT | O_RDWR, 0644), ENOENT, "a link into nowhere");
    expect_errno(open("slash", O_CREAT | O_RDWR, 0644), EISDIR, "a link to a name with a slash");
    expect_errno(open("d", O_CREAT | O_RDWR, 0644), EISDIR, "a directory");
    expect_errno(open("d", O_CREAT | O_RDONLY, 0644), EISDIR, "a directory for reading");
    expect_errno(open("d/..", O_CREAT | O_RDONLY, 0644), EISDIR, "two dots");
    expect_errno(open("d/.", O_CREAT | O_EXCL | O_RDONLY, 0644), EEXIST, "a dot, exclusive");
    expect_errno(open("d/new/x", O_CREAT | O_RDWR, 0644), ENOTDIR, "below a file");
    expect_errno(open("", O_CREAT | O_RDWR, 0644), ENOENT, "an empty path");
    expect(seteuid(1000) == 0, "become 1000");
    int fd = open("none", O_CREAT | O_RDWR, 0);
    step("mode 0", "%d", fd >= 0);
    step_result("writing it", write(fd, "x", 1));
    step_result("reading it", pread(fd, &byte, 1, 0));
    expect_errno(open("none", O_RDONLY), EACCES, "opening it again");
    expect_errno(open("none", O_CREAT | O_RDWR, 0644), EACCES, "and with O_CREAT");
    step_result("O_PATH needs no permission", fcntl(open("none", O_PATH), F_GETFD));
    fd = creat("readonly", 0444);
    step_result("creat with mode 0444", write(fd, "x", 1));
    expect_errno(creat("readonly", 0644), EACCES, "creat again");
    expect_errno(open("readonly", O_RDONLY | O_TRUNC), EACCES, "truncating needs write permission");
    close(4);
    step("the lowest descriptor", "%d", open("readonly", O_RDONLY | O_CLOEXEC));
    step("flags of the descriptor", "%d", fcntl(4, F_GETFD));
    contract_pass();
}
