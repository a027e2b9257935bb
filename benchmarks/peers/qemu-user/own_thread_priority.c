/* setpriority(2) of a program of one thread, and the highest I/O priority of its group. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
    setpgid(0, 0);
    setpriority(PRIO_PROCESS, 0, 10);
    long own = syscall(SYS_ioprio_get, 1, 0), group = syscall(SYS_ioprio_get, 2, 0);
    dprintf(1, "I/O priority, its own: level %ld\n", own & 7);
    dprintf(1, "I/O priority, the highest of its group: level %ld\n", group & 7);
    return 0;
}
