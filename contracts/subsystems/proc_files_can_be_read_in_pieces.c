/* Contract: a file in /proc reads the same in single bytes as in one piece, starts again
 * after lseek to 0, ends with 0, and has size 0 and mode 0444. A pread from the middle gives
 * what stands there, except under /proc/sys: strings are read from the start or not at all.
 * Source: proc(5); fs/seq_file.c:seq_read, kernel/sysctl.c:_proc_do_string. */
#include "../contract.h"
#include <sys/stat.h>

static void check(const char *path)
{
    static char whole[65536], pieces[65536];
    struct stat file;
    int fd = open(path, O_RDONLY);
    expect(fd >= 0 && fstat(fd, &file) == 0, path);
    long length = 0, got, count = 0;
    while ((got = read(fd, whole + length, sizeof whole - length)) > 0)
        length += got;
    step("file", "%s, size %ld, type and mode %o", path, (long)file.st_size, file.st_mode);
    step_result("  read at the end", read(fd, pieces, 10));
    step_result("  lseek to 0", lseek(fd, 0, SEEK_SET));
    while (read(fd, pieces + count, 1) == 1)
        count++;
    step("  in single bytes", "%s", count == length && !memcmp(whole, pieces, count)
         ? "the same" : "something else");
    memset(pieces, 0, 20);
    got = pread(fd, pieces, 10, 5);
    step("  pread at 5", "%ld bytes, %s", got, got > 0 && memcmp(pieces, whole + 5, got) ?
         "others" : "the same");
    step_result("  pread far beyond the end", pread(fd, pieces, 10, 1 << 20));
    expect_errno(write(fd, "x", 1), EBADF, "  write");
    close(fd);
}

int main(void)
{
    check("/proc/self/limits");
    check("/proc/self/cmdline");
    check("/proc/version");
    check("/proc/filesystems");
    check("/proc/sys/kernel/ostype");
    check("/proc/self/mountinfo");
    contract_pass();
}
