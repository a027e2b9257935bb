/* Contract: unlink(2) takes no directory and rmdir(2) nothing else; dots, slashes, full
 * directories and missing names each have their error.
 * Requires: tmpfs
 * Source: unlink(2), rmdir(2), fs/namei.c:do_unlinkat, do_rmdir. */
#include "../contract.h"
#include <sys/stat.h>

int main(void)
{
    expect(mkdir("d", 0755) == 0 && mkdir("d/e", 0755) == 0, "mkdir");
    int file = open("f", O_CREAT | O_RDWR, 0644), dir = open("d", O_RDONLY);
    expect(file >= 0 && dir >= 0, "open");
    expect(symlink("d", "to-d") == 0 && symlink("f", "to-f") == 0, "symlink");
    expect_errno(unlink("d"), EISDIR, "unlink of a directory");
    expect_errno(unlink("d/"), EISDIR, "unlink of a directory with a slash");
    expect_errno(unlink("f/"), ENOTDIR, "unlink of a file with a slash");
    expect_errno(unlink("missing"), ENOENT, "unlink of nothing");
    expect_errno(unlink("missing/"), ENOENT, "unlink of nothing with a slash");
    expect_errno(unlink("."), EISDIR, "unlink of .");
    expect_errno(unlink("d/.."), EISDIR, "unlink of ..");
    expect_errno(unlink("/"), EISDIR, "unlink of /");
    expect_errno(unlink(""), ENOENT, "unlink of an empty path");
    expect_errno(unlink("f/x"), ENOTDIR, "unlink below a file");
    expect_errno(unlink("to-d/"), ENOTDIR, "unlink of a link with a slash");
    expect_errno(rmdir("f"), ENOTDIR, "rmdir of a file");
    expect_errno(rmdir("d"), ENOTEMPTY, "rmdir of a full directory");
    expect_errno(rmdir("d/."), EINVAL, "rmdir of .");
    expect_errno(rmdir("."), EINVAL, "rmdir of . alone");
    expect_errno(rmdir("d/e/.."), ENOTEMPTY, "rmdir of ..");
    expect_errno(rmdir("/"), EBUSY, "rmdir of /");
    expect_errno(rmdir("to-d"), ENOTDIR, "rmdir of a link to a directory");
    expect_errno(rmdir("to-d/"), ENOTDIR, "rmdir of a link with a slash");
    expect_errno(rmdir("missing/"), ENOENT, "rmdir of nothing");
    expect_errno(unlinkat(dir, "e", 0), EISDIR, "unlinkat of a directory");
    expect_errno(unlinkat(dir, "e", AT_SYMLINK_NOFOLLOW), EINVAL, "unlinkat with another flag");
    expect_errno(unlinkat(file, "x", 0), ENOTDIR, "unlinkat below a file");
    expect_errno(unlinkat(99, "x", 0), EBADF, "unlinkat of no descriptor");
    expect_errno(unlinkat(dir, "", AT_REMOVEDIR), ENOENT, "unlinkat of an empty path");
    step_result("unlinkat AT_REMOVEDIR", unlinkat(dir, "e/", AT_REMOVEDIR));
    step_result("unlink of a link to a directory", unlink("to-d"));
    step_result("unlink of a link to a file", unlink("to-f"));
    expect(access("f", F_OK) == 0, "the file is still there");
    expect(fchdir(dir) == 0, "fchdir");
    step_result("rmdir of the working directory", rmdir("../d"));
    char text[64];
    expect_errno(syscall(SYS_getcwd, text, sizeof text), ENOENT, "getcwd in it");
    expect_errno(open("x", O_CREAT | O_RDWR, 0644), ENOENT, "creating in it");
    step("O_TMPFILE in it", "%s", open(".", O_TMPFILE | O_RDWR, 0644) >= 0 ? "works" : "does not");
    step_result("chdir out of it", chdir(".."));
    expect_errno(mkdir("f", 0755), EEXIST, "mkdir of a file's name");
    expect_errno(mkdir("f/", 0755), EEXIST, "mkdir of a file's name with a slash");
    expect_errno(mkdir(".", 0755), EEXIST, "mkdir of .");
    expect_errno(mkdir("/", 0755), EEXIST, "mkdir of /");
    expect_errno(mkdir("f/x", 0755), ENOTDIR, "mkdir below a file");
    expect_errno(mkdir("missing/x", 0755), ENOENT, "mkdir below nothing");
    step_result("mkdir with slashes", mkdir("new///", 0755));
    expect_errno(symlink("x", "new/"), EEXIST, "symlink with a slash on what is there");
    expect_errno(symlink("x", "new2/"), ENOENT, "symlink with a slash");
    expect_errno(symlink("", "x"), ENOENT, "symlink to nothing");
    expect_errno(symlink("x", ""), ENOENT, "symlink from nothing");
    step_result("rmdir with slashes", rmdir("new//"));
    contract_pass();
}
