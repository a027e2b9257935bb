/* Contract: F_SETPIPE_SZ rounds up to a power of two of pages, returns the size, and refuses to
 * drop data (EBUSY); beyond pipe-max-size it needs CAP_SYS_RESOURCE (EPERM).
 * Requires: root
 * fcntl(2), pipe(7); fs/pipe.c:pipe_set_size(). */
#include "../contract.h"

int main(void)
{
    int ends[2], file = open("/dev/null", O_RDONLY);
    static char data[1 << 20];
    expect(pipe2(ends, O_NONBLOCK) == 0, "pipe2");
    step_result("default", fcntl(ends[0], F_GETPIPE_SZ));
    step_result("to 1 byte", fcntl(ends[1], F_SETPIPE_SZ, 1));
    step_result("to 0 bytes", fcntl(ends[1], F_SETPIPE_SZ, 0));
    step_result("to 4097", fcntl(ends[0], F_SETPIPE_SZ, 4097));
    step_result("both ends are one pipe", fcntl(ends[1], F_GETPIPE_SZ));
    step_result("to 3 pages", fcntl(ends[1], F_SETPIPE_SZ, 3 * 4096));
    step_result("fill", write(ends[1], data, sizeof data));
    step_result("shrink to what is used", fcntl(ends[1], F_SETPIPE_SZ, 16384));
    expect_errno(fcntl(ends[1], F_SETPIPE_SZ, 8192), EBUSY, "shrink below it");
    step_result("unchanged", fcntl(ends[1], F_GETPIPE_SZ));
    step_result("read 8193", read(ends[0], data, 8193));
    step_result("two pages are left", fcntl(ends[1], F_SETPIPE_SZ, 8192));
    expect_errno(write(ends[1], data, 1), EAGAIN, "and full");
    step_result("grow", fcntl(ends[1], F_SETPIPE_SZ, 65536));
    step_result("room again", write(ends[1], data, sizeof data));
    step_result("to the maximum", fcntl(ends[1], F_SETPIPE_SZ, 1048576));
    step_result("back", fcntl(ends[1], F_SETPIPE_SZ, 65536));
    expect_errno(fcntl(ends[1], F_SETPIPE_SZ, 0x80000001), EINVAL, "too large for a size");
    expect_errno(fcntl(ends[1], F_SETPIPE_SZ, -1), EINVAL, "negative");
    expect_errno(fcntl(file, F_GETPIPE_SZ), EBADF, "F_GETPIPE_SZ of no pipe");
    expect_errno(fcntl(file, F_SETPIPE_SZ, 4096), EBADF, "F_SETPIPE_SZ of no pipe");
    expect(setresuid(65534, 65534, 65534) == 0, "setresuid");
    expect_errno(fcntl(ends[1], F_SETPIPE_SZ, 1048577), EPERM, "beyond, unprivileged");
    step_result("the maximum, unprivileged", fcntl(ends[1], F_SETPIPE_SZ, 1048576));
    contract_pass();
}
