/* What contracts about the memory controller share: children that use memory, and what is counted. */
#ifndef KEVLAR_CGROUP_MEMORY_H
#define KEVLAR_CGROUP_MEMORY_H

#include "cgroup.h"
#include <sys/mman.h>
#include <sys/prctl.h>

#define MIB (1UL << 20)

/* How many times `name` happened, by an events file. */
static inline long count(const char *path, const char *name)
{
    const char *text = cgroup_read(path);
    unsigned long size = strlen(name);
    for (const char *at = text; at != NULL; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, name, size) == 0 && at[size] == ' ')
            return atol(at + size);
    }
    return -1;
}

/* Make `size` bytes resident. */
static inline char *touch(unsigned long size)
{
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(memory != MAP_FAILED, "mmap");
    for (unsigned long at = 0; at < size; at += 4096)
        memory[at] = 1;
    return memory;
}

/* A child in `group` that touches `size` bytes and says so; it waits if `stays`, or ends. */
static inline pid_t user(const char *group, unsigned long size, const char *adjustment, int stays)
{
    int ready[2];
    char byte;
    expect(pipe(ready) == 0, "pipe");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        close(ready[0]);
        prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
        if (cgroup_write(group, "0") != 1 || cgroup_write("/proc/self/oom_score_adj", adjustment) < 0)
            _exit(1);
        touch(size);
        write(ready[1], "x", 1);
        close(ready[1]);
        while (stays)
            pause();
        _exit(0);
    }
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1 && stays)
        contract_fail("the child", "it did not come so far");
    close(ready[0]);
    return child;
}

/* Wait for a child and print how it ended. */
static inline void step_end(const char *name, pid_t child)
{
    int status;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    if (WIFSIGNALED(status))
        step(name, "signal %d", WTERMSIG(status));
    else
        step(name, "status %d", WEXITSTATUS(status));
}

#endif
