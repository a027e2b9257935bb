/* ioctl(2): requests that are unknown, to the file or to the translator. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void try(const char *what, int fd, unsigned long request)
{
    long long room = 0;
    int value = ioctl(fd, request, &room);

    dprintf(1, "%s: %s\n", what, value < 0 ? strerrorname_np(errno) : "done");
}

int main(void)
{
    int fd = open("file", O_RDWR | O_CREAT, 0600), ends[2];

    pipe(ends);
    try("unknown, of a pipe", ends[0], 0x12345678);
    try("FIOQSIZE of a file", fd, 0x5460);
    try("FIOQSIZE of a pipe", ends[0], 0x5460);
    try("NS_GET_NSTYPE of a namespace", open("/proc/self/ns/user", O_RDONLY), 0xb703);
    unlink("file");
    return 0;
}
