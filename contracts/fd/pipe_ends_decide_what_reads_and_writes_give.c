/* Contract: an empty pipe is EAGAIN for O_NONBLOCK and end of file without writers; a pipe
 * without readers is EPIPE and SIGPIPE, but not for a write of nothing.
 * pipe(7); fs/pipe.c. */
#include "../contract.h"
#include <sys/ioctl.h>

static volatile sig_atomic_t pipes;

static void on_pipe(int number)
{
    (void)number;
    pipes++;
}

int main(void)
{
    int ends[2], waiting;
    char data[8] = "";
    signal(SIGPIPE, on_pipe);
    expect(pipe2(ends, O_NONBLOCK) == 0, "pipe2");
    step("flags", "%d %d", fcntl(ends[0], F_GETFL) & (O_ACCMODE | O_NONBLOCK),
         fcntl(ends[1], F_GETFL) & (O_ACCMODE | O_NONBLOCK));
    expect_errno(read(ends[0], data, 8), EAGAIN, "read, empty");
    step_result("read of nothing, empty", read(ends[0], data, 0));
    step_result("write of nothing", write(ends[1], data, 0));
    expect_errno(read(ends[0], data, 8), EAGAIN, "nothing was written");
    expect_errno(read(ends[1], data, 1), EBADF, "read from the write end");
    expect_errno(write(ends[0], data, 1), EBADF, "write to the read end");
    step_result("write", write(ends[1], "abcdef", 6));
    expect(ioctl(ends[0], FIONREAD, &waiting) == 0, "FIONREAD");
    step("FIONREAD", "%d", waiting);
    expect(ioctl(ends[1], FIONREAD, &waiting) == 0, "FIONREAD of the write end");
    step("FIONREAD of the write end", "%d", waiting);
    step_result("read of a part", read(ends[0], data, 2));
    expect(ioctl(ends[0], FIONREAD, &waiting) == 0, "FIONREAD");
    step("FIONREAD", "%d", waiting);
    close(ends[1]);
    step_result("without writers what is left comes first", read(ends[0], data, 8));
    step("data", "%.4s", data);
    step_result("then the end", read(ends[0], data, 8));
    step_result("and again", read(ends[0], data, 8));

    expect(pipe2(ends, 0) == 0, "pipe2");
    close(ends[0]);
    expect_errno(write(ends[1], "x", 1), EPIPE, "write without readers");
    step("SIGPIPE", "%d", (int)pipes);
    step_result("write of nothing without readers", write(ends[1], "x", 0));
    step("SIGPIPE", "%d", (int)pipes);
    signal(SIGPIPE, SIG_IGN);
    expect_errno(write(ends[1], "x", 1), EPIPE, "ignored signal, same error");
    expect_errno(pipe2(ends, O_APPEND), EINVAL, "pipe2 with another flag");
    expect_errno(syscall(SYS_pipe2, 8L, 0), EFAULT, "pipe2 to nowhere");
    step_result("which left nothing open", dup(0));
    contract_pass();
}
