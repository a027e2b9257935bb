/* Contract: slashes behind a name ask for a directory and follow links; dots stay at the root; `..`
 * leaves a mount by its mount point; chroot confines absolute paths and links, not descriptors.
 * Requires: CAP_SYS_ADMIN, root
 * Source: path_resolution(7), chroot(2), fs/namei.c:follow_dotdot. */
#include "../contract.h"
#include <sys/mount.h>
#include <sys/stat.h>

static void same(const char *one, const char *two)
{
    struct stat first, second;
    char what[64];
    snprintf(what, sizeof what, "%s and %s", one, two);
    if (stat(one, &first) != 0 || stat(two, &second) != 0)
        step(what, "%s", errno_name(errno));
    else
        step(what, "%s", first.st_ino == second.st_ino && first.st_dev == second.st_dev ? "same" : "different");
}

int main(void)
{
    struct stat status;
    char text[256];
    private_mounts();
    expect(mkdir("m", 0755) == 0 && mount("m", "m", "tmpfs", 0, "mode=755") == 0, "mount");
    expect(mkdir("m/d", 0755) == 0 && symlink("d", "m/to-d") == 0 && symlink("f", "m/to-f") == 0, "make");
    expect(close(open("m/f", O_CREAT | O_RDWR, 0644)) == 0 && symlink("/d", "m/absolute") == 0, "make");
    expect(mkdir("m/d/e", 0755) == 0 && symlink("../..", "m/d/up") == 0, "make");
    expect(close(open("outside", O_CREAT | O_RDWR, 0644)) == 0, "make");
    same("m//d///e", "m/d/e");
    same("m/./d/.//e/.", "m/d/e");
    same("m/d/..", "m");
    same("m/..", ".");
    same("m/d/up", ".");
    same("m/../m/../m/d", "m/d");
    expect_errno(stat("m/f/", &status), ENOTDIR, "a file and a slash");
    expect_errno(stat("m/f/.", &status), ENOTDIR, "a file and a dot");
    expect_errno(stat("m/f/..", &status), ENOTDIR, "a file and two dots");
    expect_errno(stat("m/missing/..", &status), ENOENT, "nothing and two dots");
    expect_errno(lstat("m/to-f/", &status), ENOTDIR, "a link to a file and a slash");
    expect(lstat("m/to-d/", &status) == 0, "lstat");
    step("lstat of a link and a slash", "%o", (unsigned)status.st_mode & S_IFMT);
    expect_errno(readlink("m/to-d/", text, sizeof text), EINVAL, "readlink of a link and a slash");
    int outside = open(".", O_RDONLY), inside = open("m/d", O_RDONLY);
    expect_errno(chroot("m/f"), ENOTDIR, "chroot to a file");
    expect_errno(chroot("m/missing"), ENOENT, "chroot to nothing");
    step_result("chroot", chroot("m"));
    same("/d/..", "/");
    same("/..", "/");
    same("/../../../.", "/");
    same("/absolute", "/d");
    same("d", "/d");
    step_result("the working directory stays outside", access("outside", F_OK));
    step_result("and its parents", access("../..", F_OK));
    long size = syscall(SYS_getcwd, text, sizeof text);
    step("getcwd", "%.14s", size < 0 ? errno_name(errno) : text);
    step_result("a descriptor outside", faccessat(outside, "m/f", F_OK, 0));
    step_result("from inside up", faccessat(inside, "../../../f", F_OK, 0));
    expect_errno(access("/outside", F_OK), ENOENT, "what is outside");
    expect_errno(access("/proc/self", F_OK), ENOENT, "/proc");
    step_result("fchdir", fchdir(inside));
    expect(getcwd(text, sizeof text) != NULL, "getcwd");
    step("getcwd", "%s", text);
    step_result("chroot again", chroot("e"));
    expect_errno(access("/e", F_OK), ENOENT, "a second chroot");
    step_result("out by chdir", chdir(".."));
    step_result("to", access("f", F_OK));
    expect(seteuid(1000) == 0, "become 1000");
    expect_errno(chroot("/"), EPERM, "chroot without CAP_SYS_CHROOT");
    contract_pass();
}
