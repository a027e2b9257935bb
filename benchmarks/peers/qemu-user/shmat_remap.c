/* shmat(2) with SHM_REMAP and no address. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

int main(void)
{
    int segment = shmget(IPC_PRIVATE, 4096, 0600);
    void *place = shmat(segment, NULL, SHM_REMAP);

    shmctl(segment, IPC_RMID, NULL);
    dprintf(1, "shmat: %s\n", place == (void *)-1 ? strerrorname_np(errno) : "attached");
    return 0;
}
