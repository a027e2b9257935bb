/* SA_NOCLDWAIT: a child that ends leaves no zombie. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};

    sigaction(SIGCHLD, &action, NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(4);
    pid_t got = waitpid(child, NULL, 0);
    dprintf(1, "waitpid: %s\n", got == child ? "the child" : strerrorname_np(errno));
    return 0;
}
