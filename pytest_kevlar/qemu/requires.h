/* What a contract requires of the place where it runs, judged by the first process there. */
#ifndef REQUIRES_H
#define REQUIRES_H
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/types.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    TMPFS = 0x01021994,
    CGROUP2 = 0x63677270,
};

static int may_make_user_namespaces(void)
{
    int status = 1;
    pid_t child = fork();
    if (child == 0)
        _exit(unshare(CLONE_NEWUSER) != 0);
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static int holds_capability(int bit)
{
    char line[256];
    unsigned long long held = 0;
    FILE *status = fopen("/proc/self/status", "re");
    while (status && fgets(line, sizeof line, status))
        sscanf(line, "CapEff: %llx", &held);
    if (status)
        fclose(status);
    return held >> bit & 1;
}

static int is_type(const char *path, long type)
{
    struct statfs found;
    return statfs(path, &found) == 0 && (long)found.f_type == type;
}

static int has_controller(const char *name)
{
    char line[256] = "", *word;
    FILE *file = fopen("/sys/fs/cgroup/cgroup.controllers", "re");
    if (file == NULL)
        return 0;
    word = fgets(line, sizeof line, file);
    fclose(file);
    for (word = word ? strtok(line, " \n") : NULL; word; word = strtok(NULL, " \n"))
        if (strcmp(word, name) == 0)
            return 1;
    return 0;
}

static int is_recent(int major, int minor)
{
    struct utsname name;
    int running[2] = { 0 };
    uname(&name);
    sscanf(name.release, "%d.%d", &running[0], &running[1]);
    return running[0] > major || (running[0] == major && running[1] >= minor);
}

/* Whether a word of requirements.py:words_to_judge() is true here. */
static int meets(const char *word)
{
    int bit, release[2];
    if (strcmp(word, "root") == 0)
        return geteuid() == 0;
    if (strcmp(word, "userns") == 0)
        return may_make_user_namespaces();
    if (strcmp(word, "tmpfs") == 0)
        return is_type("/tmp", TMPFS);
    if (strcmp(word, "cgroup2") == 0)
        return is_type("/sys/fs/cgroup", CGROUP2);
    if (strncmp(word, "cgroup2:", 8) == 0)
        return has_controller(word + 8);
    if (sscanf(word, "release=%d.%d", &release[0], &release[1]) == 2)
        return is_recent(release[0], release[1]);
    return sscanf(word, "capability=%d", &bit) == 1 && holds_capability(bit);
}

#endif
