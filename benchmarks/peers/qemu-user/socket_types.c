/* Types of sockets with bits that are unknown. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int main(void)
{
    int pair[2], value = socket(46, SOCK_STREAM | 0x100, 0);

    dprintf(1, "an unknown family and flag: %s\n", value < 0 ? strerrorname_np(errno) : "made");
    value = socketpair(AF_UNIX, 99, 0, pair);
    dprintf(1, "type 99: %s\n", value < 0 ? strerrorname_np(errno) : "made");
    return 0;
}
