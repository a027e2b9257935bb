/* Contract: what execveat refuses, with the errno of each; a script cannot be run through a
 * descriptor that the exec closes (ENOENT).
 * Source: execveat(2), fs/exec.c:do_open_execat. */
#include "../contract.h"
#include <fcntl.h>
#include <sys/stat.h>

static long run(int descriptor, const char *path, int flags)
{
    char *arguments[] = {"zero", NULL}, *environment[] = {NULL};
    return syscall(SYS_execveat, descriptor, path, arguments, environment, flags);
}

int main(void)
{
    int script = open("script", O_RDWR | O_CREAT, 0755), here = open(".", O_RDONLY);
    expect(script >= 0 && here >= 0, "open");
    expect(write(script, "#!/proc/self/exe\n", 17) == 17, "write");
    expect(close(script) == 0, "close");
    expect(symlink("script", "link") == 0, "symlink");
    script = open("script", O_RDONLY | O_CLOEXEC);
    expect(script >= 0, "open");

    expect_errno(run(here, "", 0), ENOENT, "empty path without AT_EMPTY_PATH");
    expect_errno(run(here, "nothing", 0), ENOENT, "no such file");
    expect_errno(run(-1, "script", 0), EBADF, "descriptor -1");
    expect_errno(run(-1, "", AT_EMPTY_PATH), EBADF, "descriptor -1, empty path");
    expect_errno(run(script, "below", 0), ENOTDIR, "not a directory");
    expect_errno(run(here, "link", AT_SYMLINK_NOFOLLOW), ELOOP, "a link, not followed");
    expect_errno(run(here, "script", 0x40000000), EINVAL, "unknown flag");
    expect_errno(run(here, "", AT_EMPTY_PATH), EACCES, "a directory");
    expect_errno(run(script, "", AT_EMPTY_PATH), ENOENT, "a script, close-on-exec");
    expect_errno(run(here, (char *)8, 0), EFAULT, "bad path");
    contract_pass();
}
