/* Contract: mq_notify tells one process once, when a message comes to an empty queue that nobody
 * waits at: by a signal with SI_MESGQ or by a new thread. Closing any descriptor ends it.
 * Source: mq_notify(3); ipc/mqueue.c:__do_notify(), mqueue_flush_file(). */
#include "../contract.h"
#include <mqueue.h>

static mqd_t queue;
static volatile sig_atomic_t signals, code, value, from_self;
static int told[2];

static void on_signal(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    signals++;
    code = info->si_code;
    value = info->si_value.sival_int;
    from_self = info->si_pid == getpid() && info->si_uid == getuid();
}

static void on_message(union sigval given)
{
    value = given.sival_int;
    expect(write(told[1], "x", 1) == 1, "write");
}

static void drain(void)
{
    char text[8];
    while (mq_receive(queue, text, 8, NULL) >= 0)
        ;
}

static void step_signals(const char *name)
{
    step(name, "%d, code %s, value %d, by this process %d", (int)signals,
         code == SI_MESGQ ? "SI_MESGQ" : "-", (int)value, (int)from_self);
}

int main(void)
{
    char name[32], text[96];
    struct mq_attr sizes = {.mq_maxmsg = 4, .mq_msgsize = 8};
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    struct sigevent by_signal = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1,
                                 .sigev_value.sival_int = 42};
    struct sigevent silent = {.sigev_notify = SIGEV_NONE}, wrong = {.sigev_notify = 77};
    struct sigevent bad = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = 65};
    snprintf(name, sizeof name, "/kevlar-%d", (int)getpid());
    sigaction(SIGUSR1, &action, NULL);
    queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0600, &sizes);
    expect(queue >= 0 && mq_unlink(name) == 0, "mq_open");

    expect_errno(mq_notify(queue, &wrong), EINVAL, "no such way");
    expect_errno(mq_notify(queue, &bad), EINVAL, "no such signal");
    expect_errno(mq_notify(0, &by_signal), EBADF, "not a queue");
    step_result("nobody to remove", mq_notify(queue, NULL));
    step_result("mq_notify", mq_notify(queue, &by_signal));
    expect_errno(mq_notify(queue, &by_signal), EBUSY, "once more");
    expect(read(queue, text, 39) == 39, "read");
    step("the file tells", "%.39s", text);
    step_result("send", mq_send(queue, "one", 3, 0));
    step_signals("told");
    step_result("mq_notify", mq_notify(queue, &by_signal));
    step_result("send to one that is not empty", mq_send(queue, "two", 3, 0));
    step_signals("not told");
    drain();
    step_result("send to an empty one", mq_send(queue, "three", 5, 0));
    step_signals("told");
    drain();

    step_result("mq_notify", mq_notify(queue, &silent));
    step_result("send", mq_send(queue, "four", 4, 0));
    step_signals("not told");
    drain();
    step_result("it is over all the same", mq_notify(queue, &by_signal));
    step_result("removed", mq_notify(queue, NULL));
    step_result("send", mq_send(queue, "five", 4, 0));
    step_signals("not told");
    drain();
    step_result("mq_notify", mq_notify(queue, &by_signal));
    step_result("close a copy", close(dup(queue)));
    step_result("that ended it", mq_notify(queue, &by_signal));
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        step("in a child", "%s", mq_notify(queue, &by_signal) < 0 ? errno_name(errno) : "done");
        step_result("it cannot remove it", mq_notify(queue, NULL));
        step("still", "%s", mq_notify(queue, &by_signal) < 0 ? errno_name(errno) : "done");
        _exit(0);
    }
    wait_for_success(child);
    step_result("removed", mq_notify(queue, NULL));

    expect(pipe(told) == 0, "pipe");
    struct sigevent by_thread = {.sigev_notify = SIGEV_THREAD, .sigev_value.sival_int = 7,
                                 .sigev_notify_function = on_message};
    step_result("mq_notify", mq_notify(queue, &by_thread));
    step_result("send", mq_send(queue, "six", 3, 0));
    expect(read(told[0], text, 1) == 1, "told");
    step("a thread got", "%d", (int)value);
    usleep(50000); /* not needed, but the thread's end is then not cut off in a trace */
    contract_pass();
}
