/* Contract: msgsnd sleeps while a queue is full of bytes or of messages, msgrcv while nothing
 * fits; a sender hands over directly, and a receiver whose room is too small gets E2BIG and
 * the message goes on. Removal is EIDRM; a handler EINTR, whatever SA_RESTART says.
 * Source: msgop(2), msgctl(2); ipc/msg.c:pipelined_send(). */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/msg.h>

struct message { long type; char text[8192]; };
static struct message message = {.type = 1};
static int id;

static void on_signal(int signal)
{
    (void)signal;
}

/* A child that sleeps in a call, and what became of it. */
struct sleeper { pid_t pid; int error; long result, type; char first; };
static struct sleeper *sleepers;

static struct sleeper *start(int sends, size_t size, long type)
{
    struct sleeper *self = sleepers++;
    pid_t child = fork();
    if (child == 0) {
        struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
        sigaction(SIGUSR1, &action, NULL);
        self->result = sends ? msgsnd(id, &message, size, 0) : msgrcv(id, &message, size, type, 0);
        self->error = self->result < 0 ? errno : 0;
        self->type = message.type;
        self->first = message.text[0];
        _exit(0);
    }
    self->pid = child;
    wait_for_state(child, 'S');
    return self;
}

static void step_end(const char *name, struct sleeper *self)
{
    wait_for_success(self->pid);
    if (self->error)
        step(name, "%s", errno_name(self->error));
    else
        step(name, "%ld, type %ld %c", self->result, self->type, self->first ? self->first : '-');
}

static void step_queue(const char *name)
{
    struct msqid_ds status;
    expect(msgctl(id, IPC_STAT, &status) == 0, "IPC_STAT");
    step(name, "%lu messages, %lu bytes", (unsigned long)status.msg_qnum,
         (unsigned long)status.__msg_cbytes);
}

int main(void)
{
    sleepers = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    id = msgget(IPC_PRIVATE, 0600);
    step_result("fill", msgsnd(id, &message, 8192, 0));
    step_result("fill", msgsnd(id, &message, 8192, 0));
    expect_errno(msgsnd(id, &message, 1, IPC_NOWAIT), EAGAIN, "full");
    step_result("an empty one fits", msgsnd(id, &message, 0, IPC_NOWAIT));
    struct sleeper *sender = start(1, 100, 0);
    step_queue("it waits");
    step_result("make room", msgrcv(id, &message, 8192, 0, 0));
    step_end("sender", sender);
    step_queue("it has sent");
    while (msgrcv(id, &message, 8192, 0, IPC_NOWAIT) >= 0)
        ;
    step("empty", "%s", errno_name(errno));

    struct msqid_ds status;
    expect(msgctl(id, IPC_STAT, &status) == 0, "IPC_STAT");
    status.msg_qbytes = 3;
    step_result("a tiny queue", msgctl(id, IPC_SET, &status));
    for (int count = 0; count < 3; count++)
        step_result("an empty message", msgsnd(id, &message, 0, IPC_NOWAIT));
    expect_errno(msgsnd(id, &message, 0, IPC_NOWAIT), EAGAIN, "as many messages as bytes");
    sender = start(1, 0, 0);
    status.msg_qbytes = 100;
    step_result("a bigger queue", msgctl(id, IPC_SET, &status));
    step_end("sender of nothing", sender);
    while (msgrcv(id, &message, 8192, 0, IPC_NOWAIT) >= 0)
        ;

    struct sleeper *small = start(0, 4, 0), *seven = start(0, 100, 7);
    struct sleeper *any = start(0, 100, 0);
    message.type = 2, message.text[0] = 'a';
    step_result("ten bytes", msgsnd(id, &message, 10, 0));
    step_end("little room", small);
    step_end("any type", any);
    message.type = 7, message.text[0] = 'b';
    step_result("of type 7", msgsnd(id, &message, 10, 0));
    step_end("type 7", seven);
    expect(msgctl(id, IPC_STAT, &status) == 0, "IPC_STAT");
    step("last by the receiver", "%d", status.msg_lrpid == seven->pid);
    step_queue("nothing was queued");

    struct sleeper *receiver = start(0, 100, 0);
    kill(receiver->pid, SIGUSR1);
    step_end("signalled", receiver);
    receiver = start(0, 100, 0);
    kill(receiver->pid, SIGSTOP);
    expect(waitpid(receiver->pid, NULL, WUNTRACED) == receiver->pid, "stopped");
    kill(receiver->pid, SIGCONT);
    wait_for_state(receiver->pid, 'S');
    step_result("send", msgsnd(id, &message, 5, 0));
    step_end("stopped and continued", receiver);
    receiver = start(0, 100, 0);
    step_result("IPC_RMID", msgctl(id, IPC_RMID, NULL));
    step_end("removed", receiver);
    contract_pass();
}
