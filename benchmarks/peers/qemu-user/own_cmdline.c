/* fstat(2) of /proc/self/cmdline. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

int main(void)
{
    struct stat status;

    fstat(open("/proc/self/cmdline", O_RDONLY), &status);
    dprintf(1, "mode: %o\n", (unsigned)status.st_mode);
    dprintf(1, "size: %s\n", status.st_size ? "some" : "0");
    return 0;
}
