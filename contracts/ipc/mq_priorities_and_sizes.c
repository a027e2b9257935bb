/* Contract: mq_receive gives the oldest message of the highest priority. Sizes are checked before
 * anything else, and descriptors by how they were opened.
 * Source: mq_overview(7), mq_send(3), mq_receive(3); ipc/mqueue.c. */
#include "../contract.h"
#include <mqueue.h>

static char name[32];

static void receive(mqd_t queue)
{
    char text[16];
    unsigned int priority = 77;
    long got = mq_receive(queue, text, sizeof text, &priority);
    if (got < 0)
        step("received", "%s", errno_name(errno));
    else
        step("received", "%.*s, priority %u", (int)got, text, priority);
}

static void step_attributes(const char *what, mqd_t queue)
{
    struct mq_attr now;
    expect(mq_getattr(queue, &now) == 0, "mq_getattr");
    step(what, "%s, %ld of %ld messages, %ld bytes",
         now.mq_flags == O_NONBLOCK ? "nonblocking" : now.mq_flags ? "?" : "blocking",
         now.mq_curmsgs, now.mq_maxmsg, now.mq_msgsize);
}

int main(void)
{
    struct mq_attr sizes = {.mq_flags = 0x7777, .mq_maxmsg = 5, .mq_msgsize = 16, .mq_curmsgs = 9};
    snprintf(name, sizeof name, "/kevlar-%d", (int)getpid());
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0600, &sizes);
    expect(queue >= 0, "mq_open");
    step_attributes("fresh", queue);
    step("closes at exec", "%d", fcntl(queue, F_GETFD));
    receive(queue);
    step_result("send 3", mq_send(queue, "three", 5, 3));
    step_result("send 0", mq_send(queue, "zero", 4, 0));
    step_result("send 9", mq_send(queue, "nine", 4, 9));
    step_result("send 3", mq_send(queue, "three again", 11, 3));
    step_result("send nothing", mq_send(queue, "", 0, 32767));
    expect_errno(mq_send(queue, "more", 4, 9), EAGAIN, "full");
    step_attributes("full", queue);
    char text[64];
    step("read tells", "%ld", (long)read(queue, text, 17));
    step("the size", "%.16s", text);
    for (int count = 0; count < 6; count++)
        receive(queue);

    expect_errno(mq_send(queue, "12345678901234567", 17, 0), EMSGSIZE, "too long");
    expect_errno(mq_send(queue, "1", 1, 32768), EINVAL, "too high a priority");
    expect_errno(mq_receive(queue, text, 15, NULL), EMSGSIZE, "too little room");
    expect_errno(mq_send(queue, (void *)8, 4, 0), EFAULT, "from nowhere");
    expect_errno(mq_send(0, "1", 1, 0), EBADF, "not a queue");
    expect_errno(mq_send(99, "1", 1, 0), EBADF, "nothing");
    expect_errno(write(queue, "1", 1), EINVAL, "write");

    mqd_t reader = mq_open(name, O_RDONLY), writer = mq_open(name, O_WRONLY);
    expect_errno(mq_send(reader, "1", 1, 0), EBADF, "send to a reader");
    expect_errno(mq_receive(writer, text, 16, NULL), EBADF, "receive from a writer");
    step_attributes("the reader", reader);
    struct mq_attr blocking = {.mq_flags = 0, .mq_maxmsg = 99}, old;
    step_result("mq_setattr", mq_setattr(queue, &blocking, &old));
    step("it was", "%d", old.mq_flags == O_NONBLOCK);
    step_attributes("now", queue);
    blocking.mq_flags = O_APPEND;
    expect_errno(mq_setattr(queue, &blocking, NULL), EINVAL, "another flag");
    step_result("mq_unlink", mq_unlink(name));
    expect_errno(mq_open(name, O_RDWR), ENOENT, "no name any more");
    step_result("but a queue", mq_send(queue, "still", 5, 1));
    receive(reader);
    step_result("mq_close", mq_close(queue));
    contract_pass();
}
