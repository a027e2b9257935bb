/* Contract: mq_receive sleeps while there is no message, mq_send while the queue is full; until an
 * absolute time of the wall clock, or a signal. A message goes to the sleeping receiver, a
 * sleeping sender's takes the place of what was received. poll tells both.
 * Source: mq_send(3), mq_receive(3), mq_overview(7); ipc/mqueue.c:wq_sleep(). */
#include "../contract.h"
#include <mqueue.h>
#include <poll.h>
#include <sys/mman.h>
#include <time.h>

static mqd_t queue;
static struct { int error; unsigned int priority; char text[8]; } *report;

static void on_signal(int signal)
{
    (void)signal;
}

static pid_t sleeper(int sends, int flags)
{
    pid_t child = fork();
    if (child == 0) {
        struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
        sigaction(SIGUSR1, &action, NULL);
        memset(report, 0, sizeof *report);
        long done = sends ? mq_send(queue, "asleep", 7, 4)
                          : mq_receive(queue, report->text, 8, &report->priority);
        report->error = done < 0 ? errno : 0;
        _exit(0);
    }
    wait_for_state(child, 'S');
    return child;
}

static void step_end(const char *name, pid_t child)
{
    wait_for_success(child);
    step(name, "%s %s, priority %u", errno_name(report->error), report->text, report->priority);
}

static void step_poll(const char *name)
{
    struct pollfd ready = {queue, POLLIN | POLLOUT | POLLPRI, 0};
    expect(poll(&ready, 1, 0) >= 0, "poll");
    step(name, "%s %s", ready.revents & POLLIN ? "in" : "-", ready.revents & POLLOUT ? "out" : "-");
}

int main(void)
{
    char name[32], text[8];
    struct mq_attr sizes = {.mq_maxmsg = 1, .mq_msgsize = 8};
    report = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    snprintf(name, sizeof name, "/kevlar-%d", (int)getpid());
    queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &sizes);
    expect(queue >= 0 && mq_unlink(name) == 0, "mq_open");

    step_poll("empty");
    pid_t child = sleeper(0, 0);
    step_result("send to a sleeper", mq_send(queue, "awake", 6, 2));
    step_end("it received", child);
    step_poll("still empty");
    step_result("fill", mq_send(queue, "first", 6, 1));
    step_poll("full");
    child = sleeper(1, 0);
    unsigned int priority;
    step_result("receive", mq_receive(queue, text, 8, &priority));
    step_end("the sender", child);
    step_poll("full again");
    step_result("receive its message", mq_receive(queue, text, 8, &priority));
    step("its priority", "%u", priority);

    child = sleeper(0, 0);
    kill(child, SIGUSR1);
    step_end("a handler", child);
    child = sleeper(0, SA_RESTART);
    kill(child, SIGUSR1);
    wait_for_state(child, 'S');
    step_result("send", mq_send(queue, "again", 6, 3));
    step_end("a handler with SA_RESTART", child);

    struct timespec past = {1, 0}, bad = {1, -1}, soon;
    expect_errno(mq_timedreceive(queue, text, 8, NULL, &past), ETIMEDOUT, "long ago");
    expect_errno(mq_timedreceive(queue, text, 8, NULL, &bad), EINVAL, "no such time");
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_nsec += 20000000;
    if (soon.tv_nsec >= 1000000000)
        soon.tv_nsec -= 1000000000, soon.tv_sec++;
    expect_errno(mq_timedreceive(queue, text, 8, NULL, &soon), ETIMEDOUT, "soon");
    step_result("there is room", mq_timedsend(queue, "x", 1, 0, &past));
    expect_errno(mq_timedsend(queue, "x", 1, 0, &past), ETIMEDOUT, "there is none");
    expect_errno(mq_timedsend(queue, "x", 1, 0, &bad), EINVAL, "no such time");
    step_result("one is there", mq_timedreceive(queue, text, 8, NULL, &past));
    contract_pass();
}
