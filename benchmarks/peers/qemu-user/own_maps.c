/* /proc/self/maps: neighbours of which one may be executed, and the end of a line. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

int main(void)
{
    int kind = MAP_PRIVATE | MAP_ANONYMOUS;
    char *pages = mmap(NULL, 3 * 4096, PROT_NONE, kind, -1, 0), line[512], mode[8];
    unsigned long from, to, start = (unsigned long)pages + 4096;

    mprotect(pages, 4096, PROT_READ);
    mprotect(pages + 4096, 4096, PROT_READ | PROT_EXEC);
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, maps) != NULL)
        if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) == 3 && from <= start && start < to) {
            dprintf(1, "the second page: %s, %lu pages\n", mode, (to - from) / 4096);
            dprintf(1, "blanks at the end of its line: %zu\n",
                    strlen(line) - 2 - (strrchr(line, '0') - line));
        }
    return 0;
}
