/* Contract: a poll request tells once what became ready; io_getevents waits for as many events as are
 * asked for, until its time is over or a signal comes; io_cancel takes a request back.
 * io_getevents(2), io_cancel(2); fs/aio.c:read_events(), aio_poll(). */
#include "aio.h"
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>

static struct io_event events[8];
static struct timespec none = {0, 0}, brief = {0, 5000000};
static aio_context_t context;

static void on_alarm(int number)
{
    step("handler", "%d", number);
}

static void no_event(const char *name)
{
    step_result(name, io_getevents(context, 1, 8, events, &none));
}

static void next(const char *name)
{
    expect(io_getevents(context, 1, 1, events, NULL) == 1, name);
    step(name, "%#lx", (long)events[0].res);
}

static void polls(void)
{
    int ends[2], pair[2], counter = eventfd(0, 0), file = open("file", O_RDWR | O_CREAT, 0600);
    char byte = 'x';
    struct iocb one, two;
    expect(pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "pipe, socketpair");
    one = request(IOCB_CMD_POLL, ends[0], (void *)POLLIN, 0, 0);
    step_submit("poll of an empty pipe", context, &one);
    no_event("before");
    expect(write(ends[1], &byte, 1) == 1, "write");
    next("after");
    expect(write(ends[1], &byte, 1) == 1, "write");
    no_event("it tells once");
    step_submit("poll of a full one", context, &one);
    next("at once");
    two = request(IOCB_CMD_POLL, ends[1], (void *)(POLLOUT | POLLIN), 0, 0);
    step_submit("poll of the other end", context, &two);
    next("at once");
    expect(read(ends[0], (char[8]){0}, 8) == 2, "read");
    one.aio_buf = 0;
    step_submit("poll for nothing", context, &one);
    expect(write(ends[1], &byte, 1) == 1 && read(ends[0], &byte, 1) == 1, "write, read");
    no_event("data");
    close(ends[1]);
    next("the end");
    one = request(IOCB_CMD_POLL, counter, (void *)POLLIN, 0, 0);
    one.aio_flags = IOCB_FLAG_RESFD;
    one.aio_resfd = eventfd(5, 0);
    step_submit("poll of an eventfd", context, &one);
    eventfd_write(counter, 1);
    next("an eventfd");
    eventfd_t value;
    step_result("told to another", eventfd_read(one.aio_resfd, &value));
    step("and added", "%ld", (long)value);
    one = request(IOCB_CMD_POLL, pair[0], (void *)POLLIN, 0, 0);
    step_submit("poll of a socket", context, &one);
    close(pair[0]);
    expect(write(pair[1], &byte, 1) == 1, "write");
    next("closed meanwhile");
    one = request(IOCB_CMD_POLL, file, (void *)(POLLIN | POLLOUT), 0, 0);
    step_submit("poll of a file", context, &one);
    next("always ready");
    one.aio_buf = POLLPRI;
    step_submit("poll of a file for what never comes", context, &one);
    one.aio_buf = 0x10001;
    step_submit("more bits than poll has", context, &one);
    one = request(IOCB_CMD_POLL, counter, (void *)POLLIN, 1, 0);
    step_submit("poll with a size", context, &one);
    one = request(IOCB_CMD_POLL, counter, (void *)POLLIN, 0, 1);
    step_submit("poll with an offset", context, &one);
    one = request(IOCB_CMD_POLL, 99, (void *)POLLIN, 0, 0);
    step_submit("poll of nothing", context, &one);
}

static void cancels(void)
{
    int ends[2];
    struct iocb one, other;
    expect(pipe(ends) == 0, "pipe");
    other = one = request(IOCB_CMD_POLL, ends[0], (void *)POLLIN, 0, 0);
    step_result("cancel what was not submitted", io_cancel(context, &one, events));
    step_submit("submit", context, &one);
    step_result("cancel another", io_cancel(context, &other, events));
    step_result("cancel it", io_cancel(context, &one, events));
    next("its event");
    step_result("cancel it again", io_cancel(context, &one, events));
    one.aio_key = 1;
    step_result("a key that is not the kernel's", io_cancel(context, &one, events));
    step_result("no request", io_cancel(context, NULL, events));
    one.aio_key = 0;
    step_result("no context", io_cancel(77, &one, events));
}

static void *write_later(void *argument)
{
    int *ends = argument;
    usleep(20000);
    expect(write(ends[0], "1", 1) == 1, "write");
    usleep(20000);
    expect(write(ends[1], "1", 1) == 1, "write");
    return NULL;
}

static void waits(void)
{
    int first[2], second[2];
    char byte;
    pthread_t thread;
    struct iocb one, two, *both[] = {&one, &two};
    sigset_t alarm_only, empty;
    sigemptyset(&empty);
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    expect(pipe(first) == 0 && pipe(second) == 0, "pipe");
    one = request(IOCB_CMD_POLL, first[0], (void *)POLLIN, 0, 0);
    two = request(IOCB_CMD_POLL, second[0], (void *)POLLIN, 0, 0);
    step_result("submit two", io_submit(context, 2, both));
    step_result("no time", io_getevents(context, 1, 2, events, &none));
    step_result("some time", io_getevents(context, 1, 2, events, &brief));
    expect(pthread_create(&thread, NULL, write_later, (int[]){first[1], second[1]}) == 0, "thread");
    step_result("wait for both", io_getevents(context, 2, 8, events, NULL));
    step("in order", "%d", events[0].obj == (unsigned long)&one);
    pthread_join(thread, NULL);
    expect(read(first[0], &byte, 1) == 1 && read(second[0], &byte, 1) == 1, "read");
    step_result("submit two again", io_submit(context, 2, both));
    expect(write(second[1], "1", 1) == 1, "write");
    step_result("one of two in time", io_getevents(context, 2, 8, events, &brief));
    signal(SIGALRM, on_alarm);
    ualarm(5000, 0);
    step_result("a signal", io_getevents(context, 1, 8, events, NULL));
    sigprocmask(SIG_BLOCK, &alarm_only, NULL);
    raise(SIGALRM);
    step_result("blocked", io_getevents(context, 1, 8, events, &brief));
    struct { const sigset_t *mask; unsigned long size; } mask = {&empty, 8};
    step_result("unblocked for the wait",
                syscall(SYS_io_pgetevents, context, 1, 8, events, NULL, &mask));
    mask.size = 4;
    step_result("a mask of another size",
                syscall(SYS_io_pgetevents, context, 1, 8, events, NULL, &mask));
    step_result("no mask", syscall(SYS_io_pgetevents, context, 1, 8, events, &none, NULL));
    step_result("no place for the mask", syscall(SYS_io_pgetevents, context, 0, 8, events, &none, 8L));
    step_result("at least more than at most", io_getevents(context, 2, 1, events, &none));
    step_result("at least fewer than none", io_getevents(context, -1, 1, events, &none));
    step_result("none", io_getevents(context, 0, 0, NULL, NULL));
    step_result("no context", io_getevents(77, 0, 1, events, &none));
    step_result("a time that is nowhere", io_getevents(context, 0, 1, events, (void *)8L));
    expect(write(first[1], "1", 1) == 1, "write");
    step_result("no place for events", io_getevents(context, 1, 1, (void *)8L, &none));
    step_result("it is still there", io_getevents(context, 1, 1, events, &none));
}

static void blocking(void)
{
    int ends[2];
    char byte;
    struct iocb one, *list[] = {&one, &one};
    expect(pipe(ends) == 0, "pipe");
    one = request(IOCB_CMD_PREAD, ends[0], &byte, 1, 0);
    sigset_t empty;
    sigemptyset(&empty);
    sigprocmask(SIG_SETMASK, &empty, NULL);
    ualarm(5000, 0);
    step_result("submitting a read waits for it", io_submit(context, 1, list));
    expect(io_getevents(context, 1, 1, events, NULL) == 1, "its event");
    step_event("its event", &events[0]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    step_result("of O_NONBLOCK it does not", io_submit(context, 2, list));
    step_result("two events", io_getevents(context, 2, 8, events, NULL));
    step_event("the second", &events[1]);
}

int main(void)
{
    expect(io_setup(64, &context) == 0, "set-up");
    polls();
    cancels();
    waits();
    blocking();
    contract_pass();
}
