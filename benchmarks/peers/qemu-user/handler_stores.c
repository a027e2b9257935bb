/* A handler that stores 16 bytes at once in its frame. */
#include <signal.h>
#include <stdio.h>

typedef long pair __attribute__((vector_size(16)));

static void handler(int number)
{
    volatile pair both = {number, number};

    dprintf(1, "handler: %ld %ld\n", both[0], both[1]);
}

int main(void)
{
    signal(SIGUSR1, handler);
    raise(SIGUSR1);
    return 0;
}
