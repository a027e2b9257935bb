/* fcntl(2): requests that are unknown or newer, and the access mode 3. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *result(int value)
{
    return value < 0 ? strerrorname_np(errno) : "done";
}

int main(void)
{
    int fd = open("/dev/null", O_WRONLY | O_RDWR);
    uint64_t hint = 0;

    dprintf(1, "unknown, not open: %s\n", result(fcntl(99, 99, 0)));
    dprintf(1, "F_GET_RW_HINT: %s\n", result(fcntl(fd, 1035, &hint)));
    dprintf(1, "F_GETFL of access mode 3: %d\n", fcntl(fd, F_GETFL) & O_ACCMODE);
    return 0;
}
