/* msgsnd(2) of more bytes than a message may have. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    struct { long type; char text[8]; } message = {1, "text"};
    int queue = msgget(IPC_PRIVATE, 0600), status;

    if (fork() == 0) {
        int value = msgsnd(queue, &message, 8193, 0);
        dprintf(1, "8193 bytes: %s\n", value < 0 ? strerrorname_np(errno) : "sent");
        _exit(0);
    }
    wait(&status);
    dprintf(1, "exit status of who sent: %d\n", WEXITSTATUS(status));
    msgctl(queue, IPC_RMID, NULL);
    return 0;
}
