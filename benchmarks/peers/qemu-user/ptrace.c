/* ptrace(2). */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *result(long value)
{
    return value == -1 ? strerrorname_np(errno) : "0";
}

int main(void)
{
    pid_t child = fork();

    if (child == 0)
        for (;;)
            pause();
    dprintf(1, "PTRACE_CONT of a stranger: %s\n", result(ptrace(PTRACE_CONT, child, 0, 0)));
    dprintf(1, "PTRACE_SEIZE: %s\n", result(ptrace(PTRACE_SEIZE, child, 0, 0)));
    dprintf(1, "PTRACE_INTERRUPT: %s\n", result(ptrace(PTRACE_INTERRUPT, child, 0, 0)));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    dprintf(1, "PTRACE_TRACEME: %s\n", result(ptrace(PTRACE_TRACEME, 0, 0, 0)));
    return 0;
}
