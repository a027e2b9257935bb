/* Contract: tee copies from pipe to pipe and leaves the source as it was; it copies whole buffers
 * up to the length, waits for data, and what is copied cannot be changed by later writes.
 * tee(2); fs/splice.c:link_pipe(). */
#include "../contract.h"
#include <sys/ioctl.h>

static void state(const char *name, int one, int two)
{
    int a, b;
    expect(ioctl(one, FIONREAD, &a) == 0 && ioctl(two, FIONREAD, &b) == 0, "FIONREAD");
    step(name, "%d and %d", a, b);
}

int main(void)
{
    int from[2], to[2];
    static char data[131072];
    expect(pipe2(from, O_NONBLOCK) == 0 && pipe2(to, O_NONBLOCK) == 0, "pipe2");
    expect_errno(tee(from[0], to[1], 10, 0), EAGAIN, "empty");
    step_result("write", write(from[1], "0123456789", 10));
    step_result("tee 4", tee(from[0], to[1], 4, 0));
    state("after", from[0], to[0]);
    step_result("write behind it", write(from[1], "abc", 3));
    step_result("write behind the copy", write(to[1], "XY", 2));
    step_result("tee all", tee(from[0], to[1], 100, SPLICE_F_NONBLOCK));
    state("after", from[0], to[0]);
    step_result("read the copies", read(to[0], data, 100));
    step("data", "%.19s", data);
    step_result("read the source", read(from[0], data, 100));
    step("data", "%.13s", data);
    step_result("fill", write(from[1], data, sizeof data));
    step_result("copy all", tee(from[0], to[1], sizeof data, 0));
    expect_errno(tee(from[0], to[1], 1, 0), EAGAIN, "target full");
    step_result("one page read", read(to[0], data, 4096));
    step_result("room for a buffer", tee(from[0], to[1], 9000, 0));
    state("after", from[0], to[0]);
    while (read(to[0], data, sizeof data) > 0)
        ;
    step_result("small target", fcntl(to[1], F_SETPIPE_SZ, 8192));
    step_result("copies two buffers", tee(from[0], to[1], sizeof data, 0));
    close(from[1]);
    while (read(from[0], data, sizeof data) > 0 || read(to[0], data, sizeof data) > 0)
        ;
    step_result("no writer", tee(from[0], to[1], 1, 0));
    contract_pass();
}
