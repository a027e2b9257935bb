/* The nice value and the I/O priority of a group of one process with one thread. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
    pid_t child = fork();

    if (child == 0)
        for (;;)
            pause();
    setpgid(child, child);
    usleep(200000);
    setpriority(PRIO_PROCESS, child, 19);
    dprintf(1, "nice value of the process: %d\n", getpriority(PRIO_PROCESS, child));
    dprintf(1, "nice value of its group: %d\n", getpriority(PRIO_PGRP, child));
    dprintf(1, "I/O priority of the process: %ld\n", syscall(SYS_ioprio_get, 1, child) & 7);
    dprintf(1, "I/O priority of its group: %ld\n", syscall(SYS_ioprio_get, 2, child) & 7);
    kill(child, SIGKILL);
    return 0;
}
