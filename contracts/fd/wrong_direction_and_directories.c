/* Contract: reading what is open for writing and writing what is open for reading is EBADF before
 * the buffer is looked at; a directory is EISDIR to read and cannot be opened for writing; O_PATH
 * descriptors are EBADF for all that touches content and good for what names the file.
 * Requires: tmpfs
 * read(2), write(2), open(2) O_PATH; fs/read_write.c. */
#include "../contract.h"
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>

static void *volatile nowhere = (void *)8, *volatile outside = (void *)-1L;

int main(void)
{
    int reading = open("file", O_RDONLY | O_CREAT, 0600), writing = open("file", O_WRONLY);
    int directory = open(".", O_RDONLY), nothing = open("file", O_WRONLY | O_RDWR);
    char data[16] = "";
    struct stat status;
    struct statfs system;
    expect_errno(write(reading, nowhere, 1), EBADF, "write, read only");
    expect_errno(write(reading, data, 0), EBADF, "write of nothing, read only");
    expect_errno(read(writing, nowhere, 1), EBADF, "read, write only");
    expect_errno(read(writing, data, 0), EBADF, "read of nothing, write only");
    step_result("access mode 3 can be opened", nothing >= 0 ? 0 : -1);
    expect_errno(read(nothing, data, 1), EBADF, "but not read");
    expect_errno(write(nothing, data, 1), EBADF, "nor written");
    step("F_GETFL", "%d", fcntl(nothing, F_GETFL) & O_ACCMODE);
    expect_errno(read(directory, data, 16), EISDIR, "read a directory");
    expect_errno(read(directory, data, 0), EISDIR, "read nothing of it");
    expect_errno(readv(directory, &(struct iovec){data, 1}, 1), EISDIR, "readv");
    expect_errno(write(directory, data, 1), EBADF, "write it");
    expect_errno(open(".", O_WRONLY), EISDIR, "open for writing");
    expect_errno(open(".", O_RDWR), EISDIR, "open for both");
    expect_errno(open("new", O_RDWR | O_CREAT | O_DIRECTORY, 0600), EINVAL, "create a directory");
    expect_errno(read(99, nowhere, 1), EBADF, "not open");
    expect_errno(read(-1, data, 1), EBADF, "-1");
    expect_errno(read(reading, outside, 1), EFAULT, "outside user space");
    step_result("a bad buffer at the end of file", read(reading, nowhere, 1));

    int place = open("file", O_PATH), folder = open(".", O_PATH | O_DIRECTORY);
    expect_errno(read(place, data, 1), EBADF, "O_PATH read");
    expect_errno(write(place, data, 1), EBADF, "O_PATH write");
    expect_errno(ioctl(place, FIONREAD, data), EBADF, "O_PATH ioctl");
    expect_errno(syscall(SYS_fchmod, place, 0600), EBADF, "O_PATH fchmod");
    expect_errno(syscall(SYS_fchown, place, 0, 0), EBADF, "O_PATH fchown");
    expect_errno(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, place, 0) == MAP_FAILED ? -1 : 0, EBADF,
                 "O_PATH mmap");
    expect_errno(fcntl(place, F_GETLK, data), EBADF, "O_PATH F_GETLK");
    expect_errno(fcntl(place, F_GETOWN), EBADF, "O_PATH F_GETOWN");
    step_result("fstat", fstat(place, &status));
    step_result("fstatfs", fstatfs(place, &system));
    step_result("F_GETFD", fcntl(place, F_GETFD));
    step_result("F_SETFD", fcntl(place, F_SETFD, FD_CLOEXEC));
    step_result("F_DUPFD", fcntl(place, F_DUPFD, 40));
    step_result("dup2", dup2(place, 41));
    step_result("fchdir", fchdir(folder));
    expect_errno(fchdir(place), ENOTDIR, "fchdir to a file");
    step("openat below it", "%d", openat(folder, "file", O_RDONLY) >= 0);
    step_result("close", close(place));
    contract_pass();
}
