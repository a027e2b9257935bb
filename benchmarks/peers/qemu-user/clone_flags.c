/* clone(2) with other flags than fork's and pthread_create's. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void try(const char *what, unsigned long flags)
{
    long child = syscall(SYS_clone, flags, 0, 0, 0, 0);
    int error = errno;

    if (child == 0)
        _exit(0);
    if (child > 0)
        waitpid((pid_t)child, NULL, __WALL);
    dprintf(1, "%s: %s\n", what, child > 0 ? "a child" : strerrorname_np(error));
}

int main(void)
{
    try("CLONE_NEWPID", CLONE_NEWPID | SIGCHLD);
    try("CLONE_NEWNS", CLONE_NEWNS | SIGCHLD);
    try("CLONE_NEWNET", CLONE_NEWNET | SIGCHLD);
    try("CLONE_NEWCGROUP", CLONE_NEWCGROUP | SIGCHLD);
    try("CLONE_FILES", CLONE_FILES | SIGCHLD);
    signal(SIGUSR1, SIG_IGN);
    try("SIGUSR1 at the end", SIGUSR1);
    try("no signal at the end", 0);
    return 0;
}
