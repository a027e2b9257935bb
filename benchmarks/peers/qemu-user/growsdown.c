/* A mapping with MAP_GROWSDOWN grows when memory below it is used. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void fault(int number)
{
    dprintf(1, "a store below: signal %d\n", number);
    _exit(0);
}

int main(void)
{
    int kind = MAP_PRIVATE | MAP_ANONYMOUS;
    char *arena = mmap(NULL, 4 << 20, PROT_NONE, kind, -1, 0);

    munmap(arena + 4096, (4 << 20) - 4096);
    volatile char *top = mmap(arena + (4 << 20) - 4096, 4096, PROT_READ | PROT_WRITE,
                              kind | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
    signal(SIGSEGV, fault);
    int ends[2];
    pipe(ends);
    dprintf(1, "a call that reads below: %zd\n", write(ends[1], (char *)top - 4096, 1));
    top[-1] = 1;
    dprintf(1, "a store below: done\n");
    return 0;
}
