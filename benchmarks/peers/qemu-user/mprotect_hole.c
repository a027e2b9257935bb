/* A page that mprotect(2) changed before it came to a hole. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void fault(int number)
{
    dprintf(1, "a store to the page before: signal %d\n", number);
    _exit(0);
}

int main(void)
{
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    pages[0] = 1;
    munmap(pages + 4096, 4096);
    signal(SIGSEGV, fault);
    int value = mprotect(pages, 8192, PROT_READ);
    dprintf(1, "mprotect over a hole: %s\n", value ? strerrorname_np(errno) : "0");
    *(volatile char *)pages = 2;
    dprintf(1, "a store to the page before: done\n");
    return 0;
}
