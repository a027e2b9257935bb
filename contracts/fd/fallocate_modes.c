/* Contract: fallocate on tmpfs allocates, with or without the size, and punches holes; the modes that
 * it does not know are EOPNOTSUPP, impossible combinations EOPNOTSUPP or EINVAL.
 * Requires: tmpfs, Linux 6.12
 * fallocate(2); fs/open.c:vfs_fallocate(), mm/shmem.c:shmem_fallocate(). */
#include "../contract.h"
#include <limits.h>
#include <linux/falloc.h>
#include <sys/stat.h>

static int fd;

static void allocate(const char *name, int mode, long offset, long length)
{
    struct stat status;
    long result = fallocate(fd, mode, offset, length);
    int error = errno;
    expect(fstat(fd, &status) == 0, "fstat");
    step(name, "%ld %s, %ld bytes, %ld blocks", result, result ? errno_name(error) : "ok",
         (long)status.st_size, (long)status.st_blocks);
}

int main(void)
{
    int ends[2];
    char data[8] = "";
    fd = open("file", O_RDWR | O_CREAT, 0600);
    allocate("10000 bytes", 0, 0, 10000);
    allocate("inside", 0, 100, 100);
    allocate("beyond, size kept", FALLOC_FL_KEEP_SIZE, 12288, 8192);
    step_result("a hole? no", lseek(fd, 0, SEEK_HOLE));
    step_result("write", pwrite(fd, "12345678", 8, 4092));
    allocate("punch a page and a half", FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 6000);
    step_result("read", pread(fd, data, 8, 4092));
    step("bytes", "%.4s %d%d%d%d", data, data[4], data[5], data[6], data[7]);
    step_result("hole", lseek(fd, 0, SEEK_HOLE));
    step_result("data again", lseek(fd, 4096, SEEK_DATA));
    allocate("punch within a page", FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 10, 20);
    allocate("punch beyond the end", FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 12288, 40960);
    allocate("punch without KEEP_SIZE", FALLOC_FL_PUNCH_HOLE, 0, 4096);
    allocate("ZERO_RANGE", FALLOC_FL_ZERO_RANGE, 0, 4096);
    allocate("ZERO_RANGE, size kept", FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, 0, 4096);
    allocate("ZERO_RANGE and PUNCH_HOLE", FALLOC_FL_ZERO_RANGE | FALLOC_FL_PUNCH_HOLE, 0, 4096);
    allocate("COLLAPSE_RANGE", FALLOC_FL_COLLAPSE_RANGE, 0, 4096);
    allocate("COLLAPSE_RANGE, size kept", FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_KEEP_SIZE, 0, 4096);
    allocate("INSERT_RANGE", FALLOC_FL_INSERT_RANGE, 0, 4096);
    allocate("UNSHARE_RANGE", FALLOC_FL_UNSHARE_RANGE, 0, 4096);
    allocate("UNSHARE_RANGE, punch", FALLOC_FL_UNSHARE_RANGE | FALLOC_FL_PUNCH_HOLE, 0, 4096);
    allocate("an unknown mode", 0x1000, 0, 4096);
    allocate("no length", 0, 0, 0);
    allocate("negative length", 0, 0, -1);
    allocate("negative offset", 0, -1, 1);
    allocate("beyond the largest file", 0, LONG_MAX, 1);
    allocate("unknown mode, no length", 0x1000, 0, 0);
    expect(pipe(ends) == 0, "pipe");
    expect_errno(fallocate(ends[1], 0, 0, 1), ESPIPE, "a pipe");
    expect_errno(fallocate(ends[0], 0, 0, 1), EBADF, "its read end");
    expect_errno(fallocate(open(".", O_RDONLY), 0, 0, 1), EBADF, "a directory");
    expect_errno(fallocate(open("file", O_RDONLY), 0, 0, 1), EBADF, "read only");
    expect_errno(fallocate(open("/dev/null", O_WRONLY), 0, 0, 1), ENODEV, "a device");
    fd = open("file", O_WRONLY | O_APPEND);
    allocate("O_APPEND does not matter", 0, 0, 20480);
    contract_pass();
}
