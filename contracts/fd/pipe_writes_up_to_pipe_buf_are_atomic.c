/* Contract: a write of at most PIPE_BUF bytes goes whole or not at all; a longer non-blocking one
 * writes what fits. How full a pipe is counts in pages, not in bytes.
 * pipe(7); fs/pipe.c:anon_pipe_write(). */
#include "../contract.h"
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>

static char data[1 << 20];
static int ends[2];

static void state(const char *name)
{
    struct pollfd room = {ends[1], POLLOUT, 0};
    int waiting = -1, ready = poll(&room, 1, 0);
    expect(ioctl(ends[0], FIONREAD, &waiting) == 0, "FIONREAD");
    step(name, "%d bytes, room %d", waiting, ready);
}

static long drain(long size)
{
    long done = 0, got;
    while (done < size && (got = read(ends[0], data, size - done)) > 0)
        done += got;
    return done;
}

int main(void)
{
    expect(pipe2(ends, O_NONBLOCK) == 0, "pipe2");
    step_result("more than fits", write(ends[1], data, 100000));
    state("full");
    expect_errno(write(ends[1], data, 1), EAGAIN, "one byte more");
    expect_errno(write(ends[1], data, 100000), EAGAIN, "many more");
    step_result("read a part of a page", drain(4000));
    state("no page is free");
    expect_errno(write(ends[1], data, 1), EAGAIN, "still full");
    step_result("the rest of the page", drain(96));
    state("a page is free");
    step_result("100 bytes", write(ends[1], data, 100));
    state("in the free page");
    expect_errno(write(ends[1], data, PIPE_BUF), EAGAIN, "PIPE_BUF is not split");
    step_result("merged into the last page", write(ends[1], data, 3996));
    expect_errno(write(ends[1], data, 1), EAGAIN, "full to the byte");
    step_result("all", drain(1 << 20));
    step_result("PIPE_BUF - 1", write(ends[1], data, PIPE_BUF - 1));
    step_result("2: a new page", write(ends[1], data, 2));
    int writes = 0;
    while (write(ends[1], data, 4095) == 4095)
        writes++;
    step("more of 4095", "%d", writes);
    state("pages are full, bytes are not");
    step_result("PIPE_BUF + 1 has room for nothing", write(ends[1], data, PIPE_BUF + 1));
    step_result("the byte that the last page has left", write(ends[1], data, 1));
    step_result("two pages", drain(8192));
    step_result("a long write fills", write(ends[1], data, 3 * PIPE_BUF));
    state("full again");
    contract_pass();
}
