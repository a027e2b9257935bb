/* Contract: on a read-only mount every call that would change something is EROFS, what is there or
 * missing has its own error first, and devices, FIFOs and reading are not concerned.
 * Requires: CAP_SYS_ADMIN, root, Linux 6.6
 * Source: fs/namespace.c:mnt_want_write, fs/namei.c:may_open. */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/xattr.h>

static void all(void)
{
    char byte;
    int fd = open("r/file", O_RDONLY);
    step_result("open for reading", fd >= 0 ? 0 : -1);
    step_result("read", read(fd, &byte, 1));
    step_result("open for writing", open("r/file", O_WRONLY));
    step_result("open for both", open("r/file", O_RDWR));
    step_result("open with O_TRUNC", open("r/file", O_RDONLY | O_TRUNC));
    step_result("open with O_CREAT", close(open("r/file", O_RDONLY | O_CREAT, 0644)));
    step_result("creation", open("r/new", O_RDWR | O_CREAT, 0644));
    step_result("exclusive creation", open("r/file", O_RDWR | O_CREAT | O_EXCL, 0644));
    step_result("O_TMPFILE", open("r", O_TMPFILE | O_RDWR, 0644));
    step_result("mkdir", mkdir("r/new", 0755));
    step_result("mkdir of what is there", mkdir("r/directory", 0755));
    step_result("mkdir below nothing", mkdir("r/missing/new", 0755));
    step_result("mknod", mknod("r/new", S_IFIFO | 0644, 0));
    step_result("symlink", symlink("x", "r/new"));
    step_result("symlink of what is there", symlink("x", "r/link"));
    step_result("link", link("r/file", "r/new"));
    step_result("link of nothing", link("r/missing", "r/new"));
    step_result("unlink", unlink("r/file"));
    step_result("unlink of nothing", unlink("r/missing"));
    step_result("unlink of a directory", unlink("r/directory"));
    step_result("rmdir", rmdir("r/directory"));
    step_result("rmdir of nothing", rmdir("r/missing"));
    step_result("rmdir of a file", rmdir("r/file"));
    step_result("rename", rename("r/file", "r/new"));
    step_result("rename of nothing", rename("r/missing", "r/new"));
    step_result("rename out of it", rename("r/file", "other"));
    step_result("chmod", chmod("r/file", 0600));
    step_result("fchmod", fchmod(fd, 0600));
    step_result("chown", chown("r/file", 1, 1));
    step_result("utimensat", utimensat(AT_FDCWD, "r/file", NULL, 0));
    step_result("utimensat of nothing", utimensat(AT_FDCWD, "r/file", (struct timespec[]){{0, UTIME_OMIT}, {0, UTIME_OMIT}}, 0));
    step_result("truncate", truncate("r/file", 0));
    step_result("truncate of a directory", truncate("r/directory", 0));
    step_result("setxattr", setxattr("r/file", "user.x", "y", 1, 0));
    step_result("removexattr", removexattr("r/file", "user.x"));
    step_result("getxattr", getxattr("r/file", "user.x", &byte, 1));
    step_result("access for writing", access("r/file", W_OK));
    step_result("access of a FIFO for writing", access("r/fifo", W_OK));
    step_result("access of a directory for writing", access("r/directory", W_OK));
    step_result("access of a link's target", access("r/link", W_OK));
    step_result("a device for writing", close(open("r/null", O_RDWR)));
    step_result("a FIFO for both", close(open("r/fifo", O_RDWR)));
    step_result("a private writable mapping", mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0) == MAP_FAILED ? -1 : 0);
    struct statfs system;
    expect(statfs("r", &system) == 0, "statfs");
    step("ST_RDONLY", "%d", (int)system.f_flags & 1);
    close(fd);
}

int main(void)
{
    private_mounts();
    expect(mkdir("r", 0755) == 0 && mount("r", "r", "tmpfs", 0, "mode=755") == 0, "mount");
    expect(write(open("r/file", O_CREAT | O_WRONLY, 0644), "x", 1) == 1, "file");
    expect(mkdir("r/directory", 0755) == 0 && mkfifo("r/fifo", 0666) == 0, "make");
    expect(symlink("file", "r/link") == 0 && mknod("r/null", S_IFCHR | 0666, 0x103) == 0, "make");
    for (int fd = 3; fd < 8; fd++)
        close(fd);
    step_result("the mount", mount(NULL, "r", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
    all();
    step_result("the file system", mount(NULL, "r", NULL, MS_REMOUNT | MS_RDONLY, NULL));
    all();
    step_result("writable again", mount(NULL, "r", NULL, MS_REMOUNT, NULL));
    step_result("unlink", unlink("r/file"));
    contract_pass();
}
