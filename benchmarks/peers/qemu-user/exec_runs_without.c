/* A program executes itself by /proc/self/exe. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc == 1) {
        execl("/proc/self/exe", argv[0], "again", NULL);
        dprintf(1, "execve: %s\n", strerrorname_np(errno));
        return 1;
    }
    FILE *comm = fopen("/proc/self/comm", "r");
    char name[64] = "", *executed = (char *)getauxval(AT_EXECFN);
    fgets(name, sizeof name, comm);
    dprintf(1, "comm: %s", name);
    dprintf(1, "AT_EXECFN: %s\n", strcmp(executed, "/proc/self/exe") ? "another" : executed);
    return 0;
}
