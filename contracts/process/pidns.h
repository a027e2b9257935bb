/* What the contracts on PID namespaces share: making one, and saying how a process ended. */
#ifndef KEVLAR_PIDNS_H
#define KEVLAR_PIDNS_H

#include "../contract.h"
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* Fork into a new PID namespace; the raw call, so that no library state comes in between. */
static inline pid_t fork_into_namespace(int more_flags)
{
    fflush(stdout);
    pid_t child = syscall(SYS_clone, CLONE_NEWPID | more_flags | SIGCHLD, 0, 0, 0, 0);
    expect(child >= 0, "clone(CLONE_NEWPID)");
    return child;
}

/* fork() that cannot fail. */
static inline pid_t must_fork(void)
{
    fflush(stdout);
    pid_t child = fork();
    expect(child >= 0, "fork");
    return child;
}

/* Wait for `child` and say how it ended. */
static inline void step_end(const char *name, pid_t child)
{
    int status = 0;
    pid_t found = waitpid(child, &status, 0);
    if (found < 0)
        step(name, "-1 %s", errno_name(errno));
    else if (WIFSIGNALED(status))
        step(name, "killed by %d", WTERMSIG(status));
    else
        step(name, "exit status %d", WEXITSTATUS(status));
}

/* Mount the proc of the caller's PID namespace over /proc, where nobody outside sees it. */
static inline void mount_proc(void)
{
    private_mounts();
    expect(mount("proc", "/proc", "proc", 0, NULL) == 0, "mount proc");
}

/* The value of `key` in the status file `path`, with blanks between its fields. */
static inline const char *status_value(const char *path, const char *key)
{
    static char text[4096];
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        return errno_name(errno);
    long size = read(fd, text + 1, sizeof text - 2);
    if (size < 0)
        return errno_name(errno);
    close(fd);
    text[0] = '\n';
    text[size + 1] = 0;
    for (char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
        size_t length = strlen(key);
        if (strncmp(at + 1, key, length) != 0 || at[length + 1] != ':')
            continue;
        char *value = at + length + 3;
        value[strcspn(value, "\n")] = 0;
        for (char *tab; (tab = strchr(value, '\t')) != NULL;)
            *tab = ' ';
        return value;
    }
    return "no such key";
}

#endif
