/* The first process of a container of gVisor: it runs one program and says how that ended.
 *
 *     init [WORD...] -- [NAME=VALUE...] -- PROGRAM [ARGUMENT...]
 *
 * The words are what the contract requires of the container. The program's environment is here since
 * gVisor gives one in any order. The program is a child in a session of its own, in a directory of
 * its own, as it is on Linux; here orphans come to be reaped. The last line on standard error is for
 * runsc.py: "@kevlar" and how the program ended, or why it never began. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../qemu/requires.h"

/* Where programs run; in /tmp, as on Linux, and not a mount of its own. */
static const char *const directory = "/tmp/contract";

static void say(const char *kind, const char *text)
{
    dprintf(2, "@kevlar %s %s\n", kind, text);
}

__attribute__((noreturn))
static void become(char **argv, char **environment, int trouble)
{
    sigset_t none;
    int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    if (null > 0)
        close(null);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    if (chdir(directory) == 0)
        execve(argv[0], argv, environment);
    int reason = errno;
    while (write(trouble, &reason, sizeof reason) < 0 && errno == EINTR)
        ;
    _exit(127);
}

/* Returns how it ended, or -1 with errno if it could not begin. */
static int run(char **argv, char **environment)
{
    int trouble[2], reason, status = 0;
    if (pipe2(trouble, O_CLOEXEC))
        return -1;
    pid_t leader = fork(), pid;
    if (leader < 0)
        return -1;
    if (leader == 0)
        become(argv, environment, trouble[1]);
    close(trouble[1]);
    ssize_t got = read(trouble[0], &reason, sizeof reason);
    while ((pid = wait(&status)) != leader)
        if (pid < 0 && errno != EINTR)
            return -1;
    kill(-leader, SIGKILL);
    if (got == sizeof reason) {
        errno = reason;
        return -1;
    }
    return status;
}

int main(int argc, char **argv)
{
    int at = 1;
    for (; at < argc && strcmp(argv[at], "--"); at++)
        if (!meets(argv[at])) {
            say("lack", argv[at]);
            return 0;
        }
    char **environment = argv + at + 1;
    for (at++; at < argc && strcmp(argv[at], "--"); at++)
        ;
    if (at + 1 >= argc)
        return 2;
    argv[at] = NULL;
    umask(022);
    mkdir(directory, 0700);
    int status = run(argv + at + 1, environment);
    char number[16];
    snprintf(number, sizeof number, "%d", status);
    if (status < 0)
        say("noexec", strerror(errno));
    else
        say("end", number);
    return 0;
}
