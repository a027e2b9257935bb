/* unshare(CLONE_NEWIPC) of a program of one thread undoes what SEM_UNDO noted. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int set = semget(IPC_PRIVATE, 1, 0600), ends[2];
    struct sembuf add = {0, 3, SEM_UNDO};
    char byte;

    pipe(ends);
    if (fork() == 0) {
        semop(set, &add, 1);
        unshare(CLONE_NEWIPC);
        write(ends[1], "u", 1);
        pause();
    }
    read(ends[0], &byte, 1);
    dprintf(1, "value in the old namespace: %d\n", semctl(set, 0, GETVAL));
    semctl(set, 0, IPC_RMID);
    return 0;
}
