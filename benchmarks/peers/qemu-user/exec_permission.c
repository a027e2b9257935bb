/* PROT_EXEC of a file of a mount with noexec. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void)
{
    mkdir("place", 0700);
    unshare(CLONE_NEWNS);
    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
    mount("none", "place", "tmpfs", MS_NOEXEC, NULL);
    int fd = open("place/file", O_RDWR | O_CREAT, 0700);
    ftruncate(fd, 4096);
    void *page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    dprintf(1, "mmap: %s\n", page == MAP_FAILED ? strerrorname_np(errno) : "mapped");
    return 0;
}
