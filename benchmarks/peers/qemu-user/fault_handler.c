/* A fault whose handler stores 16 bytes at once in its frame. */
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

typedef long pair __attribute__((vector_size(16)));

static void plain(int number)
{
    dprintf(1, "a plain handler: %d\n", number);
    _exit(0);
}

static void storing(int number)
{
    volatile pair both = {number, number};

    dprintf(1, "a handler with a store of 16 bytes: %ld\n", both[0]);
    _exit(0);
}

int main(void)
{
    volatile char *bad = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    signal(SIGSEGV, fork() ? storing : plain);
    *bad = 1;
    return 0;
}
