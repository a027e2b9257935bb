/* Contract: msgrcv takes the first message for type 0, the first of a type, the first of another
 * type with MSG_EXCEPT, and the lowest type up to -n for a negative one. Too long a message is
 * E2BIG and stays, unless MSG_NOERROR cuts it. MSG_COPY looks by position.
 * Source: msgrcv(2); ipc/msg.c:do_msgrcv(). */
#include "../contract.h"
#include <sys/msg.h>

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

struct message { long type; char text[32]; };
static int id;

static void send(long type, const char *text)
{
    struct message message = {.type = type};
    strcpy(message.text, text);
    expect(msgsnd(id, &message, strlen(text), 0) == 0, "msgsnd");
}

static void receive(const char *name, size_t room, long type, int flags)
{
    struct message message = {.type = 0};
    long got = msgrcv(id, &message, room, type, flags | IPC_NOWAIT);
    if (got < 0)
        step(name, "%s", errno_name(errno));
    else
        step(name, "type %ld, %ld bytes: %.*s", message.type, got, (int)got, message.text);
}

int main(void)
{
    id = msgget(IPC_PRIVATE, 0600);
    expect(id >= 0, "msgget");
    receive("nothing", 32, 0, 0);
    send(5, "five"), send(3, "three"), send(7, "seven"), send(3, "three again"), send(1, "");
    struct msqid_ds status;
    expect(msgctl(id, IPC_STAT, &status) == 0, "IPC_STAT");
    step("messages, bytes, room", "%lu %lu %lu", (unsigned long)status.msg_qnum,
         (unsigned long)status.__msg_cbytes, (unsigned long)status.msg_qbytes);
    step("sent by this process", "%d, received by nobody: %d", status.msg_lspid == getpid(),
         status.msg_lrpid == 0 && status.msg_rtime == 0);
    receive("copy of the third", 32, 2, MSG_COPY);
    receive("copy of none", 32, 5, MSG_COPY);
    receive("copy with MSG_EXCEPT", 32, 2, MSG_COPY | MSG_EXCEPT);
    receive("copy that does not fit", 2, 2, MSG_COPY);
    receive("copy that is cut", 2, 2, MSG_COPY | MSG_NOERROR);
    expect_errno(msgrcv(id, &status, 32, 2, MSG_COPY), EINVAL, "copy that would wait");
    receive("type 7", 32, 7, 0);
    receive("type 8", 32, 8, 0);
    receive("lowest up to 4", 32, -4, 0);
    receive("lowest up to 4", 32, -4, 0);
    receive("none up to 2", 32, -2, 0);
    receive("not type 5", 32, 5, MSG_EXCEPT);
    receive("does not fit", 3, 0, 0);
    receive("is cut", 3, 0, MSG_NOERROR);
    receive("is gone", 32, 0, 0);
    send(2, "two"), send(9, "nine");
    receive("first", 32, 0, 0);
    receive("the lowest of all", 32, -9223372036854775807L - 1, 0);

    struct message bad = {.type = 0};
    expect_errno(msgsnd(id, &bad, 1, 0), EINVAL, "type 0");
    bad.type = -1;
    expect_errno(msgsnd(id, &bad, 1, 0), EINVAL, "a negative type");
    bad.type = 1;
    expect_errno(msgsnd(id, &bad, 8193, 0), EINVAL, "beyond MSGMAX");
    expect_errno(msgsnd(id, &bad, -1, 0), EINVAL, "a negative size");
    expect_errno(msgrcv(id, &bad, -1, 0, IPC_NOWAIT), EINVAL, "room for a negative size");
    expect_errno(msgsnd(id, (void *)8, 1, 0), EFAULT, "from nowhere");
    expect_errno(msgsnd(-1, &bad, 1, 0), EINVAL, "no such queue");
    step_result("IPC_RMID", msgctl(id, IPC_RMID, NULL));
    expect_errno(msgsnd(id, &bad, 1, 0), EINVAL, "a removed queue");
    contract_pass();
}
