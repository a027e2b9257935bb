/* The state of a process whose first thread has ended. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *look(void *unused)
{
    char path[64], line[1024];

    usleep(200000);
    snprintf(path, sizeof path, "/proc/%d/stat", (int)getpid());
    FILE *stat = fopen(path, "r");
    fgets(line, sizeof line, stat);
    dprintf(1, "state of the first thread: %c\n", strrchr(line, ')')[2]);
    _exit(0);
    return unused;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, look, NULL);
    syscall(SYS_exit, 0);
}
