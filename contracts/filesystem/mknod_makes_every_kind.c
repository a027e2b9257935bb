/* Contract: mknod(2) makes regular files, FIFOs, sockets and devices, devices with CAP_MKNOD only,
 * but whiteouts for everybody; what the nodes are when opened; directories are EPERM.
 * Requires: root, tmpfs
 * Source: mknod(2), fs/namei.c:vfs_mknod, may_mknod. */
#include "../contract.h"
#include <sys/stat.h>
#include <sys/sysmacros.h>

static void make(const char *path, mode_t mode, dev_t device)
{
    struct stat status;
    if (mknod(path, mode, device) != 0) {
        step(path, "%s", errno_name(errno));
        return;
    }
    expect(lstat(path, &status) == 0, path);
    int fd = open(path, O_RDWR | O_NONBLOCK);
    step(path, "%06o, device %u:%u, open %s", (unsigned)status.st_mode, major(status.st_rdev),
         minor(status.st_rdev), fd < 0 ? errno_name(errno) : "succeeds");
    close(fd);
    expect(unlink(path) == 0, "unlink");
}

static void all(void)
{
    make("no-type", 0644, 0);
    make("regular", S_IFREG | 04755, makedev(1, 3));
    make("fifo", S_IFIFO | 0666, makedev(1, 3));
    make("socket", S_IFSOCK | 0666, 0);
    make("null", S_IFCHR | 0666, makedev(1, 3));
    make("zero", S_IFCHR | 0444, makedev(1, 5));
    make("no-driver", S_IFCHR | 0666, makedev(4000, 7));
    make("no-block-driver", S_IFBLK | 0666, makedev(4000, 7));
    make("whiteout", S_IFCHR | 0666, 0);
    make("block-0", S_IFBLK | 0666, 0);
    make("big", S_IFCHR | 0600, makedev(4095, 1048575));
    make("directory", S_IFDIR | 0755, 0);
    make("link", S_IFLNK | 0777, 0);
    make("bad-type", 0150000, 0);
    make("slash/", S_IFIFO | 0666, 0);
    make("existing", S_IFIFO | 0666, 0);
    make("dangling", S_IFIFO | 0666, 0);
    make("missing/x", S_IFIFO | 0666, 0);
    make("existing/x", S_IFIFO | 0666, 0);
}

int main(void)
{
    umask(0);
    expect(close(open("existing", O_CREAT | O_WRONLY, 0644)) == 0, "existing");
    expect(symlink("nowhere", "dangling") == 0 && chmod(".", 0777) == 0, "make");
    all();
    int dir = open(".", O_RDONLY);
    step_result("mknodat", mknodat(dir, "there", S_IFIFO | 0600, 0));
    expect_errno(mknodat(99, "there", S_IFIFO | 0600, 0), EBADF, "mknodat of no descriptor");
    umask(077);
    expect(seteuid(1000) == 0, "become 1000");
    all();
    contract_pass();
}
