/* Calls that Linux refuses, and others whose errors or arguments differ. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void told(const char *what, long got)
{
    printf("%s: %s\n", what, got < 0 ? strerrorname_np(errno) : "no error");
}

int main(void)
{
    told("_sysctl", syscall(SYS__sysctl, NULL));
    told("epoll_ctl_old", syscall(SYS_epoll_ctl_old, -1, -1, -1, NULL));
    told("epoll_wait_old", syscall(SYS_epoll_wait_old, -1, NULL, 1, 0));
    told("mq_open of ..", syscall(SYS_mq_open, "..", 0100, 0600, NULL));
    mkdir("q", 0755);
    if (unshare(CLONE_NEWNS) == 0 && mount("none", "q", "mqueue", 0, NULL) == 0) {
        struct stat status;
        stat("q", &status);
        printf("mode of the file system of queues: %o\n", status.st_mode);
        umount("q");
    }
}
