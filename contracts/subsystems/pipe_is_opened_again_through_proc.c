/* Contract: an end of a pipe opened by its link in /proc/self/fd never waits for a partner, nor
 * fails for want of one, as a FIFO's would: what is left is read, then the end of the file; a
 * writer without reader is EPIPE.
 * Source: pipe(7), fifo(7); fs/pipe.c:fifo_open. */
#include "../contract.h"
#include <fcntl.h>
#include <signal.h>

static int reopen(int fd, int flags)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, flags);
}

static void read_from(const char *name, int fd)
{
    char text[16];
    ssize_t got = read(fd, text, sizeof text);
    if (got < 0)
        step(name, "%s", errno_name(errno));
    else
        step(name, "%zd bytes: %.*s", got, (int)got, text);
}

int main(void)
{
    int ends[2], again;
    signal(SIGPIPE, SIG_IGN);
    expect(pipe(ends) == 0, "pipe");
    expect(write(ends[1], "left", 4) == 4, "write");
    expect(close(ends[1]) == 0, "close the writer");
    again = reopen(ends[0], O_RDONLY);
    expect(again >= 0, "open for reading without writer");
    read_from("read", again);
    read_from("read at the end", again);
    expect(close(again) == 0, "close the second reader");
    again = reopen(ends[0], O_RDONLY | O_NONBLOCK);
    expect(again >= 0, "open for reading without writer, O_NONBLOCK");
    read_from("read, O_NONBLOCK", again);
    expect(close(again) == 0, "close");

    expect(pipe(ends) == 0, "second pipe");
    expect(close(ends[0]) == 0, "close the reader");
    again = reopen(ends[1], O_WRONLY | O_NONBLOCK);
    expect(again >= 0, "open for writing without reader, O_NONBLOCK");
    expect_errno(write(again, "x", 1), EPIPE, "write without reader");
    expect(close(again) == 0, "close");
    again = reopen(ends[1], O_WRONLY);
    expect(again >= 0, "open for writing without reader");
    expect_errno(write(again, "x", 1), EPIPE, "write without reader");
    expect(close(again) == 0, "close");

    again = reopen(ends[1], O_RDONLY);
    expect(again >= 0, "open the write end for reading");
    expect(write(ends[1], "through", 7) == 7, "write again");
    read_from("read from the write end", again);
    contract_pass();
}
