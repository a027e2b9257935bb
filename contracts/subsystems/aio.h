/* What the contracts of asynchronous I/O share: the calls, which no C library has, and requests. */
#ifndef KEVLAR_AIO_H
#define KEVLAR_AIO_H

#include "contract.h"
#include <linux/aio_abi.h>
#include <time.h>

static inline long io_setup(unsigned count, aio_context_t *context)
{
    return syscall(SYS_io_setup, count, context);
}

static inline long io_destroy(aio_context_t context)
{
    return syscall(SYS_io_destroy, context);
}

static inline long io_submit(aio_context_t context, long count, struct iocb **requests)
{
    return syscall(SYS_io_submit, context, count, requests);
}

static inline long io_getevents(aio_context_t context, long least, long most,
                                struct io_event *events, struct timespec *timeout)
{
    return syscall(SYS_io_getevents, context, least, most, events, timeout);
}

static inline long io_cancel(aio_context_t context, struct iocb *request, struct io_event *event)
{
    return syscall(SYS_io_cancel, context, request, event);
}

static inline struct iocb request(int operation, int fd, const void *buffer, long size, long offset)
{
    return (struct iocb){
        .aio_lio_opcode = operation,
        .aio_fildes = fd,
        .aio_buf = (unsigned long)buffer,
        .aio_nbytes = size,
        .aio_offset = offset,
    };
}

/* Submit one request; print the result of the call. */
static inline void step_submit(const char *name, aio_context_t context, struct iocb *one)
{
    step_result(name, io_submit(context, 1, &one));
}

/* Print a result, errno by name. */
static inline void step_event(const char *name, const struct io_event *event)
{
    if (event->res < 0)
        step(name, "%s", errno_name(-event->res));
    else
        step(name, "%ld", (long)event->res);
}

/* Submit one request, wait for its event and print what came of it. */
static inline void step_request(const char *name, aio_context_t context, struct iocb one)
{
    struct iocb *list[] = {&one};
    struct io_event event = {0};
    errno = 0;
    if (io_submit(context, 1, list) != 1) {
        step(name, "not submitted, %s", errno_name(errno));
        return;
    }
    expect(io_getevents(context, 1, 1, &event, NULL) == 1, name);
    expect(event.obj == (unsigned long)&one && event.data == one.aio_data, "whose event it is");
    step_event(name, &event);
}

#endif
