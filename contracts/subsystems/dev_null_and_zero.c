/* Contract: /dev/null swallows writes and is always at its end; /dev/zero swallows writes and
 * gives any number of zeros; lseek stays at 0. Mapped, zero is anonymous memory, shared with
 * children if MAP_SHARED; null cannot be mapped. They are devices 1:3 and 1:5.
 * Source: null(4); drivers/char/mem.c. */
#include "../contract.h"
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

static void common(const char *path)
{
    char buffer[10000];
    struct stat file;
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    expect(fd >= 0 && fstat(fd, &file) == 0, path);
    step("device", "%s %u:%u, type and mode %o, size %ld", path, major(file.st_rdev),
         minor(file.st_rdev), file.st_mode, (long)file.st_size);
    memset(buffer, 'x', sizeof buffer);
    long nonzero = 0, got;
    step_result("write", write(fd, buffer, sizeof buffer));
    step_result("write of nothing", write(fd, buffer, 0));
    step_result("read", got = read(fd, buffer, sizeof buffer));
    for (long i = 0; i < got; i++)
        nonzero += buffer[i] != 0;
    step("bytes not zero", "%ld", nonzero);
    step("buffer beyond them", "%d", buffer[got < 10000 ? got : 9999]);
    step_result("pread at 12345", pread(fd, buffer, 10, 12345));
    step_result("lseek to 100", lseek(fd, 100, SEEK_SET));
    step_result("lseek to the end", lseek(fd, 0, SEEK_END));
    expect_errno(ftruncate(fd, 0), EINVAL, "ftruncate");
    expect_errno(fsync(fd), EINVAL, "fsync");
    int terminal = isatty(fd);
    step("isatty", "%d %s", terminal, errno_name(errno));
    int count = 0;
    expect_errno(ioctl(fd, FIONREAD, &count), ENOTTY, "FIONREAD");
    close(fd);
    fd = open(path, O_RDONLY);
    expect_errno(write(fd, buffer, 1), EBADF, "write if read-only");
    close(fd);
}

int main(void)
{
    common("/dev/null");
    common("/dev/zero");
    expect_errno(open("/dev/null", O_RDONLY | O_DIRECTORY), ENOTDIR, "O_DIRECTORY");
    int zero = open("/dev/zero", O_RDWR), null = open("/dev/null", O_RDWR);
    void *none = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, null, 0);
    step("mmap of null", "%s", none == MAP_FAILED ? errno_name(errno) : "mapped");
    volatile char *private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);
    volatile char *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, zero, 0);
    expect(private != MAP_FAILED && shared != MAP_FAILED, "mmap of zero");
    step("mapped", "%d %d", private[100], shared[100]);
    pid_t child = fork();
    if (child == 0) {
        private[100] = shared[100] = 'c';
        _exit(0);
    }
    expect(waitpid(child, NULL, 0) == child, "waitpid");
    step("after the child stored", "%d %d", private[100], shared[100]);
    contract_pass();
}
