/* RLIMIT_STACK of 256 kB binds the stack that grows, and the arguments of execve. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[100000];

int main(void)
{
    struct rlimit limit = {256 << 10, RLIM_INFINITY}, now;
    int status;

    setrlimit(RLIMIT_STACK, &limit);
    getrlimit(RLIMIT_STACK, &now);
    dprintf(1, "RLIMIT_STACK reads back: %s\n", now.rlim_cur == 256 << 10 ? "as set" : "as before");
    if (fork() == 0) {
        volatile char *stack = __builtin_alloca(1 << 20);
        for (int i = (1 << 20) - 1; i >= 0; i -= 4096)
            stack[i] = 1;
        _exit(0);
    }
    wait(&status);
    dprintf(1, "1 MiB of stack: %s\n", WIFSIGNALED(status) ? "killed" : "used");
    memset(text, 'a', sizeof text - 1);
    char *arguments[] = {"true", text, text, NULL};
    execv("/bin/true", arguments);
    dprintf(1, "execve with 200000 bytes: %s\n", strerrorname_np(errno));
    return 0;
}
