/* What contracts about control groups share: a group of their own, which is gone afterwards
 * however they end. */
#ifndef KEVLAR_CGROUP_H
#define KEVLAR_CGROUP_H

#include <dirent.h>
#include <poll.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

static const char cgroup_name[] = "kevlar-contract";
static char cgroup_below[128], cgroup_controller[32];
static int cgroup_root = -1;

/* Write `text` to `path` below directory `at`; -1 and errno if that fails. */
static inline long cgroup_write_at(int at, const char *path, const char *text)
{
    int fd = openat(at, path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    long done = write(fd, text, strlen(text));
    int error = errno;
    close(fd);
    errno = error;
    return done;
}

/* Write `text` to `path` in the group. */
static inline long cgroup_write(const char *path, const char *text)
{
    return cgroup_write_at(AT_FDCWD, path, text);
}

/* Print what writing `text` to `path` gives. */
static inline void step_write(const char *path, const char *text)
{
    char name[128];
    unsigned long end = snprintf(name, sizeof name, "%s <- \"", path);
    for (const char *at = text; *at && end < sizeof name - 4; at++)
        end += snprintf(name + end, sizeof name - end, *at == '\n' ? "\\n" : "%c", *at);
    snprintf(name + end, sizeof name - end, "\"");
    step_result(name, cgroup_write(path, text));
}

/* What is in `path`, with | for the ends of lines. */
static inline const char *cgroup_read(const char *path)
{
    static char text[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno_name(errno);
    long size = read(fd, text, sizeof text - 1);
    int error = errno;
    close(fd);
    if (size < 0)
        return errno_name(error);
    text[size] = 0;
    for (char *at = text; *at; at++)
        *at = *at == '\n' ? '|' : *at;
    return text;
}

/* Print what is in `path`. */
static inline void step_read(const char *path)
{
    step(path, "%s", cgroup_read(path));
}

/* Remove the group `name` below `at` with all groups in it. */
static inline void cgroup_remove(int at, const char *name)
{
    if (unlinkat(at, name, AT_REMOVEDIR) == 0)
        return;
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    cgroup_write_at(fd, "cgroup.kill", "1");
    DIR *directory = fdopendir(dup(fd));
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
            cgroup_remove(fd, entry->d_name);
    closedir(directory);
    close(fd);
    for (int i = 0; i < 1000 && unlinkat(at, name, AT_REMOVEDIR) < 0 && errno == EBUSY; i++)
        poll(NULL, 0, 1);  /* what was killed is not gone yet */
}

/* Remove what is left of this contract: first the groups that are expected to be there. */
static inline void cgroup_clean(void)
{
    int own = openat(cgroup_root, cgroup_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (char *name = strtok(cgroup_below, " "); name != NULL; name = strtok(NULL, " "))
        unlinkat(own, name, AT_REMOVEDIR);
    close(own);
    cgroup_remove(cgroup_root, cgroup_name);
    if (cgroup_controller[0]) {
        cgroup_controller[0] = '-';
        cgroup_write_at(cgroup_root, "cgroup.subtree_control", cgroup_controller);
    }
}

/* Mount the file system out of the host's sight, and go into a new group; nobody else who does
 * so gets further meanwhile. A process before this one waits for it to end, and removes what it
 * left: the groups `below`, each before the one that it is in, should the contract pass. */
static inline void cgroup_begin(const char *below)
{
    char text[256] = "";
    int status;
    private_mounts();
    expect(mkdir("tree", 0755) == 0, "mkdir");
    expect(mount("none", "tree", "cgroup2", 0, NULL) == 0, "mount");
    cgroup_root = open("tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    expect(cgroup_root >= 0, "the root");
    int control = openat(cgroup_root, "cgroup.subtree_control", O_RDWR | O_CLOEXEC);
    expect(control >= 0 && flock(control, LOCK_EX) == 0, "cgroup.subtree_control");
    snprintf(cgroup_below, sizeof cgroup_below, "%s", below);
    if (mkdirat(cgroup_root, cgroup_name, 0755) < 0) {
        cgroup_remove(cgroup_root, cgroup_name);  /* of a run that was killed */
        expect(mkdirat(cgroup_root, cgroup_name, 0755) == 0, "mkdirat");
    }
    if (cgroup_controller[0] && read(control, text, sizeof text - 1) > 0 &&
        strstr(text, cgroup_controller + 1) != NULL)
        cgroup_controller[0] = 0;  /* everybody has it */
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child > 0) {
        waitpid(child, &status, 0);
        cgroup_clean();
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
    }
    if (cgroup_controller[0])
        expect(pwrite(control, cgroup_controller, strlen(cgroup_controller), 0) > 0, "enable");
    expect(fchdir(cgroup_root) == 0 && chdir(cgroup_name) == 0, "chdir");
}

/* Before cgroup_begin(): the group is to have `controller`, which the root may not pass on. */
static inline void cgroup_want(const char *controller)
{
    snprintf(cgroup_controller, sizeof cgroup_controller, "+%s", controller);
}

/* A child that waits in `group`, or where its parent is if that is NULL, until it is killed. */
static inline pid_t cgroup_sleeper(const char *group)
{
    int ready[2];
    char byte;
    expect(pipe(ready) == 0, "pipe");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        if (group != NULL && cgroup_write(group, "0") != 1)
            _exit(1);
        close(ready[0]);
        write(ready[1], "x", 1);
        close(ready[1]);
        for (;;)
            pause();
    }
    close(ready[1]);
    expect(read(ready[0], &byte, 1) == 1, "the child is ready");
    close(ready[0]);
    return child;
}

/* Kill a child and wait for it. */
static inline void cgroup_reap(pid_t child)
{
    int status;
    kill(child, SIGKILL);
    expect(waitpid(child, &status, 0) == child, "waitpid");
}

/* Open `path` and read it, so that its notifications from now on are seen. */
static inline int cgroup_watch(const char *path)
{
    char now[512];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    expect(fd >= 0 && pread(fd, now, sizeof now, 0) > 0, "open");
    return fd;
}

/* Wait for a notification of `fd` after which it has `text` in it, and close it. */
static inline void cgroup_await(int fd, const char *text)
{
    char now[512] = "";
    while (strstr(now, text) == NULL) {
        struct pollfd changes = {.fd = fd, .events = POLLPRI};
        expect(poll(&changes, 1, 10000) == 1, "poll");
        long size = pread(fd, now, sizeof now - 1, 0);
        expect(size >= 0, "read");
        now[size] = 0;
    }
    close(fd);
}

/* The group of a process as /proc tells it, counted from the group of this contract. */
static inline const char *cgroup_of(pid_t pid)
{
    static char line[512];
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/cgroup", pid);
    FILE *file = fopen(path, "r");
    expect(file != NULL, "open");
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "0::", 3) == 0)
            break;
    fclose(file);
    line[strcspn(line, "\n")] = 0;
    char *own = strstr(line, cgroup_name);
    return own == NULL ? "elsewhere" : own[strlen(cgroup_name)] ? own + strlen(cgroup_name) : "/";
}

#endif
