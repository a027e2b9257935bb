/* Contract: /dev/fd is a link to /proc/self/fd, /dev/stdin, stdout and stderr are links into
 * it. Opening /dev/fd/N of a pipe opens the pipe again; of a file, the file with an offset of
 * its own; of a socket fails with ENXIO; of what is closed with ENOENT.
 * Source: fd(4); fs/proc/fd.c. */
#include "../contract.h"
#include <sys/socket.h>

static void link_of(const char *path)
{
    char target[256];
    long got = readlink(path, target, sizeof target);
    step(path, "%.*s", got > 0 ? (int)got : 0, target);
}

static int again(int fd, int flags)
{
    char path[64];
    snprintf(path, sizeof path, "/dev/fd/%d", fd);
    return open(path, flags);
}

int main(void)
{
    char text[16] = "";
    int ends[2], pair[2];
    link_of("/dev/fd");
    link_of("/dev/stdin");
    link_of("/dev/stdout");
    link_of("/dev/stderr");
    int file = open("file", O_RDWR | O_CREAT, 0600);
    expect(write(file, "0123456789", 10) == 10, "write");
    int copy = again(file, O_RDONLY);
    step_result("file opened again: read", read(copy, text, 4));
    step("text", "%s", text);
    step_result("offset of the first", lseek(file, 0, SEEK_CUR));
    expect_errno(write(copy, "x", 1), EBADF, "write to the read-only copy");

    expect(pipe(ends) == 0, "pipe");
    int writer = again(ends[0], O_WRONLY);
    step_result("write through the read end's link", write(writer, "pipe", 5));
    step_result("read", read(ends[0], text, sizeof text));
    step("text", "%s", text);
    close(ends[1]);
    close(writer);
    step_result("read with all writers closed", read(ends[0], text, sizeof text));

    expect(dup2(ends[0], 0) == 0, "dup2");
    writer = open("/dev/stdin", O_WRONLY);
    step_result("/dev/stdin for writing: write", write(writer, "back", 5));
    step_result("read of 0", read(0, text, sizeof text));
    expect(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
    expect_errno(again(pair[0], O_RDWR), ENXIO, "socket");
    close(copy);
    expect_errno(again(copy, O_RDONLY), ENOENT, "closed");
    contract_pass();
}
