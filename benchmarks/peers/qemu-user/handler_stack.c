/* Where the stack is when a handler begins: its frame lies at a multiple of 16. */
#include <signal.h>
#include <stdio.h>

static volatile unsigned long place;

static void handler(int number)
{
    (void)number;
    place = (unsigned long)__builtin_frame_address(0);
}

int main(void)
{
    signal(SIGUSR1, handler);
    raise(SIGUSR1);
    dprintf(1, "address of the handler's frame modulo 16: %lu\n", place % 16);
    return 0;
}
