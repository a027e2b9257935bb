/* clone(2) of a process that shares the memory of its parent. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static char stack[65536] __attribute__((aligned(16)));
static volatile int word;

static int body(void *unused)
{
    (void)unused;
    word = 42;
    return 0;
}

int main(void)
{
    pid_t child = clone(body, stack + sizeof stack, CLONE_VM | SIGCHLD, NULL);

    dprintf(1, "CLONE_VM: %s\n", child > 0 ? "a child" : strerrorname_np(errno));
    waitpid(child, NULL, 0);
    dprintf(1, "what it wrote: %d\n", word);
    return 0;
}
