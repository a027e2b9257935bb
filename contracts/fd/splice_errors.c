/* Contract: splice needs a pipe (EINVAL), no offset for it (ESPIPE), two different pipes (EINVAL),
 * no O_APPEND on the target (EINVAL), known flags (EINVAL) and the right modes (EBADF).
 * Requires: tmpfs
 * splice(2); fs/splice.c:__do_splice(), do_splice(). */
#include "../contract.h"
#include <sys/eventfd.h>

int main(void)
{
    int ends[2], other[2], fd = open("file", O_RDWR | O_CREAT, 0600);
    int second = open("file", O_RDWR), append = open("file", O_WRONLY | O_APPEND);
    loff_t offset = 0;
    expect(pipe(ends) == 0 && pipe(other) == 0, "pipe");
    expect(write(fd, "0123456789", 10) == 10 && write(ends[1], "abcdefghij", 10) == 10, "write");
    expect_errno(splice(fd, NULL, second, NULL, 1, 0), EINVAL, "two files");
    expect_errno(splice(ends[0], NULL, ends[1], NULL, 1, 0), EINVAL, "one pipe");
    expect_errno(splice(ends[0], &offset, fd, NULL, 1, 0), ESPIPE, "offset of the source pipe");
    expect_errno(splice(fd, NULL, ends[1], &offset, 1, 0), ESPIPE, "offset of the target pipe");
    expect_errno(splice(ends[0], &offset, other[1], NULL, 1, 0), ESPIPE, "between pipes");
    expect_errno(splice(ends[0], NULL, append, NULL, 1, 0), EINVAL, "O_APPEND");
    expect_errno(splice(fd, NULL, ends[1], NULL, 1, 16), EINVAL, "an unknown flag");
    expect_errno(splice(99, NULL, ends[1], NULL, 1, 16), EINVAL, "flags come first");
    step_result("nothing to move comes before all", splice(99, NULL, 98, NULL, 0, 0));
    expect_errno(splice(99, NULL, ends[1], NULL, 1, 0), EBADF, "no source");
    expect_errno(splice(fd, NULL, 99, NULL, 1, 0), EBADF, "no target");
    expect_errno(splice(ends[1], NULL, fd, NULL, 1, 0), EBADF, "from a write end");
    expect_errno(splice(fd, NULL, ends[0], NULL, 1, 0), EBADF, "to a read end");
    expect_errno(splice(append, NULL, ends[1], NULL, 1, 0), EBADF, "source write only");
    expect_errno(splice(ends[0], NULL, open("file", O_RDONLY), NULL, 1, 0), EBADF,
                 "target read only");
    expect_errno(splice(open("file", O_PATH), NULL, ends[1], NULL, 1, 0), EBADF, "O_PATH");
    expect_errno(splice(fd, (loff_t *)8, ends[1], NULL, 1, 0), EFAULT, "offset nowhere");
    offset = -1;
    expect_errno(splice(fd, &offset, ends[1], NULL, 1, 0), EINVAL, "negative offset");
    expect_errno(splice(open(".", O_RDONLY), NULL, ends[1], NULL, 1, 0), EINVAL, "a directory");
    expect_errno(splice(eventfd(1, 0), NULL, ends[1], NULL, 8, 0), EINVAL, "an eventfd");
    step_result("nothing was lost", read(ends[0], (char[16]){0}, 16));
    expect_errno(tee(ends[0], ends[1], 1, 0), EINVAL, "tee within one pipe");
    expect_errno(tee(fd, ends[1], 1, 0), EINVAL, "tee from a file");
    expect_errno(tee(ends[0], fd, 1, 0), EINVAL, "tee to a file");
    expect_errno(tee(99, ends[1], 1, 0), EBADF, "tee from nothing");
    expect_errno(tee(ends[1], other[1], 1, 0), EBADF, "tee from a write end");
    expect_errno(tee(ends[0], other[1], 1, 16), EINVAL, "tee with an unknown flag");
    step_result("tee of nothing", tee(99, 98, 0, 0));
    contract_pass();
}
