/* Contract: asynchronous requests on files are done with their buffers, offsets and flags, and tell
 * bytes or an error in an event; a list that is wrong somewhere is submitted up to there.
 * io_submit(2); fs/aio.c:io_submit_one(). */
#include "aio.h"
#include <linux/fs.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>

static char text[64];

static void transfers(aio_context_t context, int fd)
{
    struct iovec out[] = {{"abc", 3}, {"defgh", 5}}, in[] = {{text, 2}, {text + 10, 20}};
    struct iocb one;
    step_request("pwrite", context, request(IOCB_CMD_PWRITE, fd, "0123456789", 10, 5));
    step_request("pread", context, request(IOCB_CMD_PREAD, fd, text, 20, 7));
    step("what it read", "%.8s", text);
    step_request("pread at the end", context, request(IOCB_CMD_PREAD, fd, text, 20, 15));
    step_request("pwritev", context, request(IOCB_CMD_PWRITEV, fd, out, 2, 100));
    step_request("preadv", context, request(IOCB_CMD_PREADV, fd, in, 2, 100));
    step("what it read", "%.2s and %.6s", text, text + 10);
    step("the position stays", "%ld", (long)lseek(fd, 0, SEEK_CUR));
    one = request(IOCB_CMD_PWRITE, fd, "end", 3, 0);
    one.aio_rw_flags = RWF_APPEND;
    step_request("RWF_APPEND", context, one);
    step("size", "%ld", (long)lseek(fd, 0, SEEK_END));
    one.aio_rw_flags = 0x40000000;
    step_request("unknown flags", context, one);
    one.aio_rw_flags = RWF_DSYNC | RWF_SYNC | RWF_HIPRI;
    step_request("flags of synchronisation", context, one);
    step_request("fsync", context, request(IOCB_CMD_FSYNC, fd, NULL, 0, 0));
    step_request("fdsync", context, request(IOCB_CMD_FDSYNC, fd, NULL, 0, 0));
    step_request("fsync with a size", context, request(IOCB_CMD_FSYNC, fd, NULL, 1, 0));
    step_request("fsync with an offset", context, request(IOCB_CMD_FSYNC, fd, NULL, 0, 1));
}

static void errors(aio_context_t context, int fd)
{
    int readable = open("file", O_RDONLY), writable = open("file", O_WRONLY), ends[2], pair[2];
    int counter = eventfd(0, 0), directory = open(".", O_RDONLY), place = open(".", O_PATH);
    struct iocb one;
    char *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "pipe, socketpair");
    step_request("no such descriptor", context, request(IOCB_CMD_PREAD, 99, text, 1, 0));
    step_request("a place", context, request(IOCB_CMD_PREAD, place, text, 1, 0));
    step_request("write to O_RDONLY", context, request(IOCB_CMD_PWRITE, readable, text, 1, 0));
    step_request("read of O_WRONLY", context, request(IOCB_CMD_PREAD, writable, text, 1, 0));
    step_request("a directory", context, request(IOCB_CMD_PREAD, directory, text, 1, 0));
    step_request("a directory's fsync", context, request(IOCB_CMD_FSYNC, directory, NULL, 0, 0));
    step_request("no such operation", context, request(4, fd, text, 1, 0));
    step_request("nothing to do", context, request(IOCB_CMD_NOOP, fd, text, 1, 0));
    step_request("negative offset", context, request(IOCB_CMD_PREAD, fd, text, 1, -1));
    step_request("negative size", context, request(IOCB_CMD_PREAD, fd, text, -1, 0));
    step_request("no memory to read into", context, request(IOCB_CMD_PREAD, fd, none, 4, 0));
    step_request("no memory to write from", context, request(IOCB_CMD_PWRITE, fd, none, 4, 0));
    step_request("beyond user space", context,
                 request(IOCB_CMD_PREAD, fd, (void *)(1UL << 63), 4, 0));
    step_request("too many pieces", context, request(IOCB_CMD_PREADV, fd, none, 1025, 0));
    step_request("pieces that are not there", context, request(IOCB_CMD_PREADV, fd, none, 1, 0));
    step_request("fsync of a pipe", context, request(IOCB_CMD_FSYNC, ends[1], NULL, 0, 0));
    step_request("write to a pipe, anywhere", context,
                 request(IOCB_CMD_PWRITE, ends[1], "pipe", 4, 77));
    step_request("read from a pipe", context, request(IOCB_CMD_PREAD, ends[0], text, 9, 77));
    step_request("a pipe's negative offset", context,
                 request(IOCB_CMD_PREAD, ends[0], text, 9, -1));
    step_request("write to a socket", context, request(IOCB_CMD_PWRITE, pair[0], "sock", 4, 0));
    step_request("read from a socket, with an offset", context,
                 request(IOCB_CMD_PREAD, pair[1], text, 9, 1));
    step_request("read from a socket", context, request(IOCB_CMD_PREAD, pair[1], text, 9, 0));
    fcntl(pair[1], F_SETFL, O_NONBLOCK);
    step_request("from an empty one", context, request(IOCB_CMD_PREAD, pair[1], text, 9, 0));
    step_request("write to an eventfd", context, request(IOCB_CMD_PWRITE, counter, text, 8, 0));
    signal(SIGPIPE, SIG_IGN);
    close(ends[0]);
    step_request("write to a pipe without a reader", context,
                 request(IOCB_CMD_PWRITE, ends[1], "pipe", 4, 0));
    one = request(IOCB_CMD_PREAD, fd, text, 1, 0);
    one.aio_reserved2 = 1;
    step_request("what is reserved", context, one);
    one = request(IOCB_CMD_PREAD, fd, text, 1, 0);
    one.aio_flags = IOCB_FLAG_RESFD;
    one.aio_resfd = 99;
    step_request("no descriptor to tell", context, one);
    one.aio_resfd = fd;
    step_request("one that is no eventfd", context, one);
    one.aio_resfd = counter;
    one.aio_data = 77;
    step_request("an eventfd", context, one);
    step("is counted", "%d", eventfd_read(counter, &(eventfd_t){0}));
    one.aio_flags = IOCB_FLAG_IOPRIO;
    one.aio_reqprio = 2 << 13 | 3;
    step_request("a priority", context, one);
    one.aio_reqprio = 7 << 13;
    step_request("no such class", context, one);
    one.aio_flags = 1 << 20;
    step_request("unknown flags are ignored", context, one);
}

static void lists(aio_context_t context, int fd)
{
    struct iocb good = request(IOCB_CMD_PREAD, fd, text, 1, 0);
    struct iocb bad = request(IOCB_CMD_PREAD, 99, text, 1, 0);
    struct iocb *list[] = {&good, &good, &bad, &good}, *wild[] = {&good, (struct iocb *)8};
    struct io_event events[8];
    errno = 0;
    step_result("the third is bad", io_submit(context, 4, list));
    step_result("only bad ones", io_submit(context, 2, list + 2));
    step_result("the second is nowhere", io_submit(context, 2, wild));
    step_result("nowhere", io_submit(context, 1, wild + 1));
    step_result("no list", io_submit(context, 1, NULL));
    step_result("an empty list", io_submit(context, 0, NULL));
    step_result("fewer than none", io_submit(context, -1, list));
    good.aio_key = 5;
    step_result("a key is", io_submit(context, 1, list));
    step("overwritten", "%u", good.aio_key);
    step_result("all events", io_getevents(context, 0, 8, events, NULL));
}

int main(void)
{
    aio_context_t context = 0;
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    expect(fd >= 0 && io_setup(64, &context) == 0, "set-up");
    transfers(context, fd);
    errors(context, fd);
    lists(context, fd);
    step_result("io_destroy", io_destroy(context));
    contract_pass();
}
