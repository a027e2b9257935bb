/* What contracts about user namespaces share: writing maps, and running a part of a contract
 * in a child that begins in a user namespace of its own. */
#ifndef KEVLAR_USERNS_H
#define KEVLAR_USERNS_H

#include "contract.h"
#include <sched.h>

/* Write `text` to /proc/PID/NAME in one go; 0, or -1 with errno. */
static inline int write_proc(pid_t pid, const char *name, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    long got = write(fd, text, strlen(text));
    int error = errno;
    close(fd);
    errno = error;
    return got == (long)strlen(text) ? 0 : -1;
}

/* Print the lines of a small file in /proc with runs of blanks as one. */
static inline void step_proc(const char *name, pid_t pid, const char *entry)
{
    char path[64], raw[4096], shown[4096];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, entry);
    int fd = open(path, O_RDONLY | O_CLOEXEC), out = 0;
    long got = read(fd, raw, sizeof raw - 1);
    close(fd);
    for (long at = 0; at < got; at++) {
        if (raw[at] == ' ' && (at == 0 || raw[at - 1] == ' ' || raw[at - 1] == '\n'))
            continue;
        shown[out++] = raw[at] == '\n' ? ';' : raw[at];
    }
    step(name, "%.*s", out, shown);
}

/* A child for which `body` runs in a user namespace of its own, once `uids` and `gids` are its
 * maps (NULL: none). Returns the child's exit status. */
static inline int in_user_namespace(const char *uids, const char *gids, void (*body)(void))
{
    int made[2], mapped[2], status;
    char byte;
    expect(pipe(made) == 0 && pipe(mapped) == 0, "pipes");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(made[0]);
        close(mapped[1]);
        expect(unshare(CLONE_NEWUSER) == 0, "unshare(CLONE_NEWUSER)");
        close(made[1]);
        expect(read(mapped[0], &byte, 1) == 0, "maps");
        close(mapped[0]);
        body();
        fflush(stdout);
        _exit(0);
    }
    close(made[1]);
    close(mapped[0]);
    expect(read(made[0], &byte, 1) == 0, "namespace");
    close(made[0]);
    if (uids != NULL)
        expect(write_proc(child, "uid_map", uids) == 0, "uid_map");
    if (gids != NULL)
        expect(write_proc(child, "gid_map", gids) == 0, "gid_map");
    close(mapped[1]);
    expect(waitpid(child, &status, 0) == child, "waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* Become an ordinary user: all three ids of both kinds, no groups. */
static inline void become(unsigned id)
{
    expect(syscall(SYS_setgroups, 0, NULL) == 0, "setgroups");
    expect(syscall(SYS_setresgid, id, id, id) == 0, "setresgid");
    expect(syscall(SYS_setresuid, id, id, id) == 0, "setresuid");
    expect(syscall(SYS_prctl, 4, 1, 0, 0, 0) == 0, "PR_SET_DUMPABLE");
}

#endif
