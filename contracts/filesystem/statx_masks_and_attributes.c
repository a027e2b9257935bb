/* Contract: statx(2) fills what is asked for and what is free, says so in stx_mask, tells mount
 * roots and mount ids, and refuses reserved bits and both kinds of synchronisation at once.
 * Requires: root, tmpfs, Linux 6.13
 * Source: statx(2), fs/stat.c:do_statx. */
#include "../contract.h"
#include <linux/stat.h>

static struct statx x;

static long get(int fd, const char *path, unsigned flags, unsigned mask)
{
    memset(&x, 0x55, sizeof x);
    return syscall(SYS_statx, fd, path, flags, mask, &x);
}

static void show(const char *what, long result)
{
    if (result != 0) {
        step(what, "%s", errno_name(errno));
        return;
    }
    step(what, "mask %x, attributes %llx of %llx, mode %o, %u links, %llu bytes, %llu blocks of %u",
         x.stx_mask, (unsigned long long)x.stx_attributes, (unsigned long long)x.stx_attributes_mask,
         x.stx_mode, x.stx_nlink, (unsigned long long)x.stx_size, (unsigned long long)x.stx_blocks,
         x.stx_blksize);
}

int main(void)
{
    syscall(SYS_umask, 022);
    int fd = open("file", O_CREAT | O_RDWR, 0644);
    expect(fd >= 0 && write(fd, "123", 3) == 3 && symlink("file", "link") == 0, "make");
    show("nothing", get(AT_FDCWD, "file", 0, 0));
    show("basic", get(AT_FDCWD, "file", 0, STATX_BASIC_STATS));
    step("birth when not asked", "%lld", (long long)x.stx_btime.tv_sec);
    show("with birth", get(AT_FDCWD, "file", 0, STATX_BASIC_STATS | STATX_BTIME));
    step("birth", "%d", x.stx_btime.tv_sec > 1000000 && x.stx_btime.tv_sec <= x.stx_ctime.tv_sec);
    show("times only", get(AT_FDCWD, "file", 0, STATX_MTIME));
    show("size only", get(AT_FDCWD, "file", 0, STATX_SIZE));
    show("everything", get(AT_FDCWD, "file", 0, 0x7fffffff));
    show("the link", get(AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS));
    show("through it", get(AT_FDCWD, "link", 0, STATX_BASIC_STATS));
    show("a descriptor", get(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS));
    show("a descriptor and NULL", get(fd, NULL, AT_EMPTY_PATH, STATX_BASIC_STATS));
    show("reserved", get(AT_FDCWD, "file", 0, STATX__RESERVED));
    show("both kinds of sync", get(AT_FDCWD, "file", AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC, 0));
    show("force sync", get(AT_FDCWD, "file", AT_STATX_FORCE_SYNC, 0));
    show("another flag", get(AT_FDCWD, "file", 0x200, 0));
    show("nothing there", get(AT_FDCWD, "missing", 0, 0));
    show("a file below a file", get(fd, "x", 0, 0));
    show("no path", get(fd, "", 0, 0));
    expect_errno(syscall(SYS_statx, AT_FDCWD, "file", 0, 0, (void *)8), EFAULT, "a bad buffer");
    expect_errno(syscall(SYS_statx, AT_FDCWD, (void *)8, 0, 0, &x), EFAULT, "a bad path");
    expect(get(AT_FDCWD, ".", 0, STATX_MNT_ID) == 0, "statx");
    unsigned long long here = x.stx_mnt_id;
    expect(get(AT_FDCWD, "file", 0, STATX_MNT_ID) == 0, "statx");
    step("same mount", "%d", here == x.stx_mnt_id);
    step("MNT_ID", "%x", x.stx_mask & 0x5000);
    expect(get(AT_FDCWD, "/proc", 0, STATX_MNT_ID) == 0, "statx");
    step("another mount", "%d", here != x.stx_mnt_id);
    step("/proc is a mount's root", "%llx", (unsigned long long)x.stx_attributes & 0x2000);
    expect(get(AT_FDCWD, "/proc/self/status", 0, 0xfff) == 0, "statx");
    step("proc", "mask %x, attributes %llx of %llx, mode %o", x.stx_mask, (unsigned long long)
         x.stx_attributes, (unsigned long long)x.stx_attributes_mask, x.stx_mode);
    expect(get(AT_FDCWD, "file", 0, 0x4000) == 0, "statx");
    step("MNT_ID_UNIQUE", "%x, greater than 2^31: %d", x.stx_mask & 0x5000, x.stx_mnt_id >> 31 != 0);
    expect(syscall(SYS_mknodat, AT_FDCWD, "node", 020600, 0x1234) == 0, "mknod");
    expect(get(AT_FDCWD, "node", 0, STATX_BASIC_STATS) == 0, "statx");
    step("a device", "%o %u:%u", x.stx_mode, x.stx_rdev_major, x.stx_rdev_minor);
    contract_pass();
}
