/* msgctl(IPC_STAT) of a queue from which a message was taken. */
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <unistd.h>

int main(void)
{
    struct { long type; char text[8]; } message = {1, "text"};
    struct msqid_ds state;
    int queue = msgget(IPC_PRIVATE, 0600);

    msgsnd(queue, &message, 4, 0);
    msgrcv(queue, &message, 8, 0, 0);
    msgctl(queue, IPC_STAT, &state);
    msgctl(queue, IPC_RMID, NULL);
    dprintf(1, "msg_lspid: %s\n", state.msg_lspid == getpid() ? "its own" : "another");
    dprintf(1, "msg_lrpid: %s\n", state.msg_lrpid == getpid() ? "its own" : "another");
    return 0;
}
