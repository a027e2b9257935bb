/* msgsnd(2) of more bytes than a message may have. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>

int main(void)
{
    struct { long type; char text[8]; } message = {1, "text"};
    int queue = msgget(IPC_PRIVATE, 0600);
    struct msqid_ds state;

    msgctl(queue, IPC_STAT, &state);
    int value = msgsnd(queue, &message, 8193, 0);
    dprintf(1, "8193 bytes: %s\n", value < 0 ? strerrorname_np(errno) : "sent");
    value = msgsnd(queue, &message, -1, 0);
    dprintf(1, "a negative size: %s\n", value < 0 ? strerrorname_np(errno) : "sent");
    msgctl(queue, IPC_RMID, NULL);
    return 0;
}
