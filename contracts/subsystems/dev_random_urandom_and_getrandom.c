/* Contract: /dev/random, /dev/urandom and getrandom give as many bytes as are asked for, which
 * differ each time; they never block once the system is up. Flags that are unknown, or
 * contradict each other, are EINVAL. Anyone may write to the devices.
 * Source: random(4), getrandom(2); drivers/char/random.c. */
#include "../contract.h"
#include <poll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static long get(void *buffer, unsigned long length, unsigned flags)
{
    return syscall(SYS_getrandom, buffer, length, flags);
}

/* Of 4096 random bytes, all 256 values should appear but for a chance of 1 in 30000. */
static void values(const char *name, const unsigned char *bytes)
{
    int seen[256] = {0}, count = 0;
    for (int i = 0; i < 4096; i++)
        seen[bytes[i]] = 1;
    for (int i = 0; i < 256; i++)
        count += seen[i];
    step(name, "%s", count > 240 ? "of all values" : "of few values");
}

static void device(const char *path)
{
    unsigned char first[4096] = {0}, second[4096] = {0};
    struct stat file;
    int fd = open(path, O_RDWR | O_NONBLOCK);
    expect(fd >= 0 && fstat(fd, &file) == 0, path);
    step("device", "%s %u:%u, type and mode %o", path, major(file.st_rdev),
         minor(file.st_rdev), file.st_mode);
    step_result("read", read(fd, first, 4096));
    step_result("read", read(fd, second, 4096));
    values("bytes", first);
    step("two reads", "%s", memcmp(first, second, 4096) ? "differ" : "are equal");
    step_result("read of nothing", read(fd, first, 0));
    expect_errno(syscall(SYS_read, fd, 1L, 16L), EFAULT, "read to nowhere");
    step_result("write", write(fd, "entropy", 7));
    step_result("lseek", lseek(fd, 5, SEEK_SET));
    struct pollfd event = {fd, POLLIN | POLLOUT, 0};
    int polled = poll(&event, 1, 0);
    step("poll", "%d,%s%s", polled, event.revents & POLLIN ? " in" : "",
         event.revents & POLLOUT ? " out" : "");
    close(fd);
}

int main(void)
{
    enum { NONBLOCK = 1, RANDOM = 2, INSECURE = 4 };
    unsigned char first[4096], second[4096];
    device("/dev/random");
    device("/dev/urandom");
    step_result("getrandom", get(first, 4096, 0));
    step_result("GRND_NONBLOCK|GRND_RANDOM", get(second, 4096, NONBLOCK | RANDOM));
    values("bytes", first);
    step("two calls", "%s", memcmp(first, second, 4096) ? "differ" : "are equal");
    step_result("GRND_INSECURE", get(first, 256, INSECURE));
    step_result("nothing", get(NULL, 0, 0));
    expect_errno(get(first, 16, RANDOM | INSECURE), EINVAL, "GRND_RANDOM|GRND_INSECURE");
    expect_errno(get(first, 16, 8), EINVAL, "unknown flag");
    expect_errno(get(NULL, 0, 8), EINVAL, "unknown flag, nothing");
    expect_errno(get((void *)1, 16, 0), EFAULT, "to nowhere");
    contract_pass();
}
