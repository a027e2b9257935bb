/* A mapping with MAP_GROWSDOWN grows when memory below it is used. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static int shown(unsigned long address)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    unsigned long from, to;
    char line[512];

    while (fgets(line, sizeof line, maps) != NULL)
        if (sscanf(line, "%lx-%lx", &from, &to) == 2 && from <= address && address < to)
            return 1;
    return 0;
}

int main(void)
{
    int kind = MAP_PRIVATE | MAP_ANONYMOUS, ends[2];
    char *arena = mmap(NULL, 4 << 20, PROT_NONE, kind, -1, 0);

    munmap(arena + 4096, (4 << 20) - 4096);
    volatile char *top = mmap(arena + (4 << 20) - 4096, 4096, PROT_READ | PROT_WRITE,
                              kind | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
    top[-1] = 1;
    dprintf(1, "a store below: done\n");
    dprintf(1, "maps shows the page: %d\n", shown((unsigned long)top - 1));
    pipe(ends);
    dprintf(1, "bytes that write takes from there: %zd\n", write(ends[1], (char *)top - 4096, 1));
    return 0;
}
