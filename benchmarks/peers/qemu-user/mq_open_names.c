/* mq_open(2) as a system call: a name without a slash before it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
    static char text[] = "x\0y/name";
    long none = syscall(SYS_mq_open, text + 1, (long)(O_RDWR | O_CREAT), 0600L, NULL);

    dprintf(1, "no name: %s\n", none < 0 ? strerrorname_np(errno) : "opened");
    return 0;
}
