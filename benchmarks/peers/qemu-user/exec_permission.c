/* PROT_EXEC, as /proc shows it and as a mount with noexec judges it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

int main(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512], mode[8] = "";
    unsigned long from = 0, to = 0;

    while (fgets(line, sizeof line, maps) != NULL)
        if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) == 3 && from <= (unsigned long)page
            && (unsigned long)page < to)
            dprintf(1, "PROT_READ and PROT_EXEC: %s\n", mode);
    int fd = open("/proc/version", O_RDONLY);
    page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    dprintf(1, "a file of a mount with noexec: %s\n",
            page == MAP_FAILED ? strerrorname_np(errno) : "mapped");
    return 0;
}
