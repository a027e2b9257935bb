/* statx(2) with STATX_MNT_ID. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
    unsigned char fields[256] = {0};
    unsigned long mount;

    syscall(SYS_statx, AT_FDCWD, "/proc", 0, 0x1000, fields);
    memcpy(&mount, fields + 144, sizeof mount);
    dprintf(1, "stx_mnt_id: %s\n", mount ? "written" : "0");
    return 0;
}
