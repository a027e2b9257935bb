/* Flags of mmap(2) that are newer than 2.6. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void say(const char *what, void *area)
{
    dprintf(1, "%s: %s\n", what, area == MAP_FAILED ? strerrorname_np(errno) : "mapped");
}

int main(void)
{
    int fd = open("file", O_RDWR | O_CREAT, 0600), kind = MAP_PRIVATE | MAP_ANONYMOUS;
    char *taken = mmap(NULL, 4096, PROT_READ, kind, -1, 0);

    ftruncate(fd, 4096);
    say("MAP_FIXED_NOREPLACE of what is taken",
        mmap(taken, 4096, PROT_READ, kind | MAP_FIXED_NOREPLACE, -1, 0));
    say("MAP_SHARED_VALIDATE", mmap(NULL, 4096, PROT_READ, MAP_SHARED_VALIDATE, fd, 0));
    unlink("file");
    return 0;
}
