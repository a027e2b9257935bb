/* Contract: copy_file_range copies between regular files of one file system, with offsets given or
 * its own; overlapping ranges, pipes and directories, O_APPEND targets and flags are errors.
 * Requires: tmpfs
 * copy_file_range(2); fs/read_write.c:generic_copy_file_checks(). */
#include "../contract.h"
#include <limits.h>
#include <sys/resource.h>

static long copy(int in, long *in_at, int out, long *out_at, size_t size)
{
    return syscall(SYS_copy_file_range, in, in_at, out, out_at, size, 0);
}

int main(void)
{
    int ends[2], from = open("from", O_RDWR | O_CREAT, 0600);
    int to = open("to", O_RDWR | O_CREAT, 0600);
    char data[32] = "";
    long at = 2, there = 4;
    expect(pipe(ends) == 0, "pipe");
    step_result("write", write(from, "0123456789", 10));
    step_result("with offsets", copy(from, &at, to, &there, 3));
    step("offsets", "%ld %ld, files %ld %ld", at, there, (long)lseek(from, 0, SEEK_CUR),
         (long)lseek(to, 0, SEEK_CUR));
    step_result("at the end", copy(from, NULL, to, NULL, 3));
    expect(lseek(from, 7, SEEK_SET) == 7, "lseek");
    step_result("more than there is", copy(from, NULL, to, NULL, 100));
    step("files", "%ld %ld", (long)lseek(from, 0, SEEK_CUR), (long)lseek(to, 0, SEEK_CUR));
    expect(pread(to, data, 32, 0) == 7, "pread");
    step("content", "%.3s %d %.3s", data, data[3], data + 4);
    at = 100;
    step_result("beyond the end", copy(from, &at, to, NULL, 3));
    step("offset", "%ld", at);
    step_result("nothing", copy(from, NULL, to, NULL, 0));
    at = 0, there = 5;
    step_result("in one file", copy(from, &at, from, &there, 5));
    at = 0, there = 3;
    expect_errno(copy(from, &at, from, &there, 5), EINVAL, "overlapping");
    at = there = 0;
    expect_errno(copy(from, &at, from, &there, 1), EINVAL, "onto itself");
    expect_errno(syscall(SYS_copy_file_range, from, 0, to, 0, 1, 1), EINVAL, "flags");
    expect_errno(copy(ends[0], NULL, to, NULL, 1), EINVAL, "from a pipe");
    expect_errno(copy(from, NULL, ends[1], NULL, 1), EINVAL, "to a pipe");
    expect_errno(copy(open(".", O_RDONLY), NULL, to, NULL, 1), EISDIR, "from a directory");
    expect_errno(copy(from, NULL, open("/dev/null", O_WRONLY), NULL, 1), EINVAL, "to a device");
    expect_errno(copy(from, NULL, open("to", O_RDONLY), NULL, 1), EBADF, "target read only");
    expect_errno(copy(open("from", O_WRONLY), NULL, to, NULL, 1), EBADF, "source write only");
    expect_errno(copy(from, NULL, open("to", O_WRONLY | O_APPEND), NULL, 1), EBADF, "O_APPEND");
    expect_errno(copy(99, NULL, to, NULL, 1), EBADF, "no source");
    at = -1;
    expect_errno(copy(from, &at, to, NULL, 1), EOVERFLOW, "negative offset, to 0");
    at = -2;
    expect_errno(copy(from, &at, to, NULL, 1), EINVAL, "negative offset");
    at = LONG_MAX;
    step_result("range beyond the last offset", copy(from, &at, to, NULL, 2));
    at = 0, there = LONG_MAX;
    step_result("target beyond the last offset", copy(from, &at, to, &there, 2));
    expect_errno(copy(from, (long *)8, to, NULL, 1), EFAULT, "offset nowhere");
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit, before;
    expect(getrlimit(RLIMIT_FSIZE, &before) == 0, "getrlimit");
    limit = before;
    limit.rlim_cur = 8;
    at = 0, there = 6;
    expect(setrlimit(RLIMIT_FSIZE, &limit) == 0, "setrlimit");
    long some = copy(from, &at, to, &there, 8), none = copy(from, &at, to, &there, 8);
    int error = errno;
    expect(setrlimit(RLIMIT_FSIZE, &before) == 0, "setrlimit");
    step("up to RLIMIT_FSIZE and beyond", "%ld, then %ld %s", some, none, errno_name(error));
    contract_pass();
}
