/* Contract: /proc/self/fdinfo/N tells the offset and, in octal, the flags of the open file,
 * with O_CLOEXEC from the descriptor; for an eventfd, its count. They follow lseek, read,
 * fcntl and dup.
 * Source: proc_pid_fdinfo(5); fs/proc/fd.c:seq_show. */
#include "../contract.h"
#include <sys/eventfd.h>

static void show(const char *name, int fd)
{
    char path[64], text[1024];
    long position;
    unsigned flags;
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    int info = open(path, O_RDONLY);
    long got = read(info, text, sizeof text - 1);
    expect(info >= 0 && got > 0, "fdinfo");
    close(info);
    text[got] = 0;
    expect(sscanf(text, "pos:\t%ld\nflags:\t%o\nmnt_id:\t", &position, &flags) == 2, "format");
    step(name, "pos %ld, flags%s%s%s%s%s", position,
         (flags & O_ACCMODE) == O_RDONLY ? " O_RDONLY"
         : (flags & O_ACCMODE) == O_WRONLY ? " O_WRONLY" : " O_RDWR",
         flags & O_APPEND ? " O_APPEND" : "", flags & O_NONBLOCK ? " O_NONBLOCK" : "",
         flags & O_CLOEXEC ? " O_CLOEXEC" : "", flags & O_CREAT ? " O_CREAT" : "");
    char *count = strstr(text, "eventfd-count:");
    if (count)
        step("  count", "%ld", strtol(count + 14, NULL, 16));
}

int main(void)
{
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    show("new", fd);
    expect(write(fd, "0123456789", 10) == 10, "write");
    show("10 bytes written", fd);
    expect(lseek(fd, 1L << 40, SEEK_SET) == 1L << 40, "lseek");
    show("far away", fd);
    expect(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK) == 0, "F_SETFL");
    show("F_SETFL", fd);
    int copy = dup(fd);
    expect(fcntl(fd, F_SETFD, FD_CLOEXEC) == 0, "F_SETFD");
    show("FD_CLOEXEC", fd);
    show("a copy made before", copy);
    expect(lseek(copy, 3, SEEK_SET) == 3, "lseek");
    show("lseek of the copy", fd);
    show("write-only", open("file", O_WRONLY | O_CLOEXEC));
    int ends[2], event = eventfd(5, EFD_NONBLOCK);
    expect(pipe(ends) == 0, "pipe");
    show("pipe", ends[0]);
    show("eventfd", event);
    expect_errno(open("/proc/self/fdinfo/999", O_RDONLY), ENOENT, "descriptor not open");
    contract_pass();
}
