/* Contract: access(2) tests, and walks, with the real ids and their capabilities, AT_EACCESS with the
 * effective ones; root may execute only what somebody may; flags and modes are checked.
 * Requires: root
 * Source: access(2), fs/open.c:do_faccessat. */
#include "../contract.h"
#include <sys/stat.h>

static void all(const char *path)
{
    for (int mode = 0; mode < 8; mode++) {
        char what[64];
        snprintf(what, sizeof what, "%s, mode %d", path, mode);
        int real = syscall(SYS_faccessat, AT_FDCWD, path, mode) == 0 ? 0 : errno;
        int effective = syscall(SYS_faccessat2, AT_FDCWD, path, mode, AT_EACCESS) == 0 ? 0 : errno;
        step(what, "real %s, effective %s", errno_name(real), errno_name(effective));
    }
}

static void everything(const char *who)
{
    step("as", "%s", who);
    all("plain");
    all("script");
    all("mine");
    all("closed");
    all("closed/inside");
    all("link");
}

int main(void)
{
    umask(0);
    expect(chmod(".", 0755) == 0, "chmod");
    expect(close(open("plain", O_CREAT | O_WRONLY, 0600)) == 0, "plain");
    expect(close(open("script", O_CREAT | O_WRONLY, 0701)) == 0, "script");
    expect(close(open("mine", O_CREAT | O_WRONLY, 0400)) == 0 && chown("mine", 1000, 1000) == 0, "mine");
    expect(mkdir("closed", 0700) == 0 && symlink("plain", "link") == 0, "make");
    expect(close(open("closed/inside", O_CREAT | O_WRONLY, 0666)) == 0, "inside");
    everything("root");
    expect(setresuid(0, 1000, 0) == 0, "effective 1000");
    everything("effective 1000");
    expect(setresuid(-1, 0, -1) == 0 && setresuid(1000, 0, 0) == 0, "real 1000");
    everything("real 1000");
    expect(symlink("nowhere", "dangling") == 0, "symlink");
    expect_errno(syscall(SYS_faccessat2, AT_FDCWD, "dangling", F_OK, 0), ENOENT, "a dangling link");
    step_result("not followed", syscall(SYS_faccessat2, AT_FDCWD, "dangling", F_OK, AT_SYMLINK_NOFOLLOW));
    expect_errno(syscall(SYS_faccessat2, AT_FDCWD, "plain", 8, 0), EINVAL, "mode 8");
    expect_errno(syscall(SYS_faccessat2, AT_FDCWD, "plain", -1, 0), EINVAL, "mode -1");
    expect_errno(syscall(SYS_faccessat2, AT_FDCWD, "plain", 0, 1), EINVAL, "an unknown flag");
    expect_errno(syscall(SYS_faccessat2, AT_FDCWD, "", 0, 0), ENOENT, "an empty path");
    step_result("an empty path and its flag", syscall(SYS_faccessat2, AT_FDCWD, "", 0, AT_EMPTY_PATH));
    expect_errno(syscall(SYS_faccessat2, 99, "x", 0, 0), EBADF, "a bad descriptor");
    expect_errno(syscall(SYS_faccessat2, AT_FDCWD, "plain/x", 0, 0), ENOTDIR, "below a file");
    contract_pass();
}
