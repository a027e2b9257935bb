/* Asynchronous I/O: an empty context, polling, and flags of a request. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static void told(const char *what, long got)
{
    dprintf(1, "%s: %ld%s%s\n", what, got, got < 0 ? " " : "", got < 0 ? strerrorname_np(errno) : "");
}

int main(void)
{
    aio_context_t none = 0, context = 0;
    struct io_event event;
    int ends[2], fd = open("file", O_CREAT | O_RDWR, 0600);
    told("io_setup of no events", syscall(SYS_io_setup, 0, &none));
    if (syscall(SYS_io_setup, 4, &context) || pipe(ends) || write(fd, "12345", 5) != 5)
        return 1;
    struct iocb one = {.aio_lio_opcode = IOCB_CMD_POLL, .aio_fildes = (unsigned)ends[1],
                       .aio_buf = POLLOUT}, *list = &one;
    told("IOCB_CMD_POLL", syscall(SYS_io_submit, context, 1, &list));
    one = (struct iocb){.aio_lio_opcode = IOCB_CMD_PWRITE, .aio_fildes = (unsigned)fd,
                        .aio_buf = (unsigned long)"end", .aio_nbytes = 3, .aio_rw_flags = RWF_APPEND};
    syscall(SYS_io_submit, context, 1, &list);
    syscall(SYS_io_getevents, context, 1, 1, &event, NULL);
    told("size of a file of 5 bytes after RWF_APPEND of 3", lseek(fd, 0, SEEK_END));
}
