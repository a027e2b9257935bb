/* setns(2) of a program of one thread into a time namespace. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
    int value = unshare(0x80 /* CLONE_NEWTIME */);
    int space = open("/proc/self/ns/time_for_children", O_RDONLY);

    dprintf(1, "unshare(CLONE_NEWTIME): %s\n", value ? strerrorname_np(errno) : "0");
    value = setns(space, 0x80);
    dprintf(1, "setns: %s\n", value ? strerrorname_np(errno) : "0");
    return 0;
}
