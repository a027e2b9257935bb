/* vfork(2): the child runs in the memory of its parent. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int word;

int main(void)
{
    pid_t child = vfork();

    if (child == 0) {
        word = 42;
        _exit(0);
    }
    waitpid(child, NULL, 0);
    dprintf(1, "what the child wrote: %d\n", word);
    return 0;
}
