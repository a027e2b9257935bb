/* Pages are there when they are mapped, not when they are touched, and VMAs merge otherwise. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void lines(const char *what, const char *from, int pages)
{
    char line[256];
    int count = 0;
    unsigned long first, last;
    FILE *file = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "%lx-%lx", &first, &last) == 2)
            count += last > (unsigned long)from && first < (unsigned long)from + pages * 4096UL;
    fclose(file);
    printf("%s: %d\n", what, count);
}

static long statm(int field)
{
    long value[7] = {0};
    FILE *file = fopen("/proc/self/statm", "r");
    for (int i = 0; i < 7; i++)
        if (fscanf(file, "%ld", value + i) != 1)
            break;
    fclose(file);
    return value[field];
}

int main(void)
{
    unsigned char in[8] = {0};
    printf("to have a buffer: 1\n");
    long data = statm(5);
    char *at = mmap(NULL, 10 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    printf("growth of data in statm by 10 pages: %ld\n", statm(5) - data);
    mincore(at, 8 * 4096, in);
    printf("mincore of untouched pages: %d%d%d%d\n", in[0] & 1, in[1] & 1, in[2] & 1, in[3] & 1);
    at[0] = 1;
    char line[256];
    long rss = -1, locked = -1, now = 0;
    unsigned long first;
    FILE *file = fopen("/proc/self/smaps", "r");
    while (fgets(line, sizeof line, file)) {
        if (strchr(line, '-') && sscanf(line, "%lx-", &first) == 1)
            now = first == (unsigned long)at;
        if (now)
            sscanf(line, "Rss: %ld", &rss);
    }
    fclose(file);
    printf("Rss in smaps of 40 kB, of which one page is touched: %ld\n", rss);
    file = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof line, file))
        sscanf(line, "VmLck: %ld", &locked);
    fclose(file);
    printf("VmLck in status: %ld\n", locked);
    mremap(at, 8192, 8192, MREMAP_MAYMOVE | MREMAP_FIXED, at + 6 * 4096);
    lines("maps after two pages were moved over two others, lines", at, 10);
}
