/* Contract: an eventfd holds up to 2^64-2; a write that would pass it waits or is EAGAIN, 2^64-1 is
 * EINVAL; a semaphore is read one by one. Polling tells what could be done. eventfd(2). */
#include "contract.h"
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>

static void show(const char *what, int fd)
{
    struct pollfd one = {.fd = fd, .events = POLLIN | POLLOUT | POLLPRI};
    int count = poll(&one, 1, 0);
    step(what, "%d %x", count, one.revents);
}

static long put(int fd, uint64_t value)
{
    return write(fd, &value, sizeof value);
}

int main(void)
{
    uint64_t value[2];
    expect_errno(eventfd(0, 2), EINVAL, "unknown flag");
    int fd = eventfd(7, EFD_NONBLOCK | EFD_CLOEXEC);
    step("flags", "%o %d", fcntl(fd, F_GETFL) & ~0100000, fcntl(fd, F_GETFD));
    show("at first", fd);
    step_result("read of 16 bytes", read(fd, value, 16));
    step("value", "%llu", (unsigned long long)value[0]);
    show("after reading", fd);
    expect_errno(read(fd, value, 8), EAGAIN, "nothing to read");
    expect_errno(read(fd, value, 7), EINVAL, "short read");
    expect_errno(write(fd, value, 7), EINVAL, "short write");
    expect_errno(put(fd, UINT64_MAX), EINVAL, "the one value that cannot be");
    step_result("write of nothing", put(fd, 0));
    show("still empty", fd);
    step_result("the largest", put(fd, UINT64_MAX - 1));
    show("full", fd);
    expect_errno(put(fd, 1), EAGAIN, "one more");
    step_result("zero more", put(fd, 0));
    expect_errno(pread(fd, value, 8, 0), ESPIPE, "pread");
    step_result("lseek", lseek(fd, 5, SEEK_SET));
    int semaphore = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
    step_result("read", read(semaphore, value, 8));
    step("value", "%llu", (unsigned long long)value[0]);
    step_result("read", read(semaphore, value, 8));
    expect_errno(read(semaphore, value, 8), EAGAIN, "used up");

    int full = eventfd(0, 0);
    expect(put(full, UINT64_MAX - 1) == 8, "fill");
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        wait_for_state(parent, 'S');
        _exit(read(full, value, 8) != 8 || value[0] != UINT64_MAX - 1);
    }
    step_result("a write that waits", put(full, 5));
    wait_for_success(child);
    expect(read(full, value, 8) == 8, "read");
    step("what it wrote", "%llu", (unsigned long long)value[0]);
    contract_pass();
}
