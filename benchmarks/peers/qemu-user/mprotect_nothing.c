/* mprotect(2) of no bytes. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

int main(void)
{
    char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int value = mprotect(page, 0, PROT_NONE);

    dprintf(1, "mprotect of no bytes: %s\n", value ? strerrorname_np(errno) : "0");
    return 0;
}
