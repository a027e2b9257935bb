/* ppoll(2) that a handler interrupts writes revents. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static void handler(int number)
{
    (void)number;
}

int main(void)
{
    int ends[2];

    pipe(ends);
    struct pollfd one = {.fd = ends[0], .events = POLLIN, .revents = 0x55};
    signal(SIGALRM, handler);
    alarm(1);
    dprintf(1, "ppoll: %d\n", ppoll(&one, 1, NULL, NULL));
    dprintf(1, "revents: %#x\n", one.revents);
    return 0;
}
