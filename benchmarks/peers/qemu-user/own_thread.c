/* A program of one thread, as the kernel sees it. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
    DIR *tasks = opendir("/proc/self/task");
    int count = 0;

    while (readdir(tasks) != NULL)
        count++;
    dprintf(1, "entries of /proc/self/task: %d\n", count - 2);
    int value = unshare(CLONE_NEWUSER);
    dprintf(1, "unshare(CLONE_NEWUSER): %s\n", value ? strerrorname_np(errno) : "0");
    return 0;
}
