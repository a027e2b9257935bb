/* Transfers between a file and memory that is there in part. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

static void say(const char *what, ssize_t value)
{
    if (value < 0)
        dprintf(1, "%s: %s\n", what, strerrorname_np(errno));
    else
        dprintf(1, "%s: %zd\n", what, value);
}

int main(void)
{
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    char *bad = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct iovec pieces[2] = {{"good", 4}, {bad + 4096 - 4, 8}};

    bad += 4096;
    mprotect(bad, 4096, PROT_NONE);
    say("writev of 4 and of 8 bytes, of which 4 are there", writev(fd, pieces, 2));
    say("pwrite of 8 bytes, of which 4 are there", pwrite(fd, bad - 4, 8, 0));
    say("pread into 8 bytes, of which 4 are there", pread(fd, bad - 4, 8, 0));
    say("pread at the end, into nothing", pread(fd, bad, 8, 100));
    unlink("file");
    return 0;
}
