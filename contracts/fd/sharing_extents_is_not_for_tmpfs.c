/* Contract: tmpfs has no extents to share: cloning and deduplicating are EOPNOTSUPP, after the
 * descriptors were looked at.
 * Requires: tmpfs
 * Source: ioctl_ficlone(2), ioctl_fideduperange(2), fs/remap_range.c. */
#include "../contract.h"
#include <linux/fs.h>
#include <sys/ioctl.h>

int main(void)
{
    int from = open("from", O_RDWR | O_CREAT, 0600), to = open("to", O_RDWR | O_CREAT, 0600);
    int read_only = open("to", O_RDONLY), write_only = open("from", O_WRONLY);
    int append = open("to", O_WRONLY | O_APPEND), directory = open(".", O_RDONLY);
    int path = open("from", O_PATH), ends[2];
    expect(pipe(ends) == 0 && write(from, "abc", 3) == 3, "files");
    struct file_clone_range range = {.src_fd = from, .src_length = 3};
    expect_errno(ioctl(to, FICLONE, from), EOPNOTSUPP, "clone");
    expect_errno(ioctl(to, FICLONE, -1), EBADF, "clone of nothing");
    expect_errno(ioctl(to, FICLONE, path), EBADF, "clone of a path");
    expect_errno(ioctl(to, FICLONE, write_only), EBADF, "clone of what cannot be read");
    expect_errno(ioctl(read_only, FICLONE, from), EBADF, "clone into what cannot be written");
    expect_errno(ioctl(append, FICLONE, from), EBADF, "clone into a log");
    expect_errno(ioctl(directory, FICLONE, from), EISDIR, "clone into a directory");
    expect_errno(ioctl(to, FICLONE, directory), EISDIR, "clone of a directory");
    expect_errno(ioctl(ends[1], FICLONE, from), EXDEV, "clone into a pipe");
    expect_errno(ioctl(to, FICLONE, ends[0]), EXDEV, "clone of a pipe");
    expect_errno(ioctl(to, FICLONERANGE, &range), EOPNOTSUPP, "clone a range");
    expect_errno(ioctl(to, FICLONERANGE, (void *)8), EFAULT, "clone a range, bad pointer");
    contract_pass();
}
