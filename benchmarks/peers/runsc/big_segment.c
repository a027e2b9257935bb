/* A segment of 2^60 bytes: where it is made, the sandbox is busy with it for ever. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

int main(void)
{
    int segment = shmget(IPC_PRIVATE, 1UL << 60, 0600);
    dprintf(1, "a segment of 2^60 bytes: %s\n", segment < 0 ? strerrorname_np(errno) : "made");
    if (segment >= 0)
        shmctl(segment, IPC_RMID, NULL);
}
