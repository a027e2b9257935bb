/* mincore(2) of pages without access. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

int main(void)
{
    unsigned char there = 0;
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    page[0] = 1;
    mprotect(page, 4096, PROT_NONE);
    int value = mincore(page, 4096, &there);
    dprintf(1, "mincore: %s\n", value ? strerrorname_np(errno) : there ? "in core" : "not");
    return 0;
}
