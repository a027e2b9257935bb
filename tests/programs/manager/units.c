/* Units: one file each, `key=value` a line; and the processes that they become. */
#include "manager.h"
#include <dirent.h>


struct unit units[MAX_UNITS];
int unit_count;
extern int self_program;

struct clone_arguments {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
    uint64_t set_tid, set_tid_size, cgroup;
};

int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    long done = write(fd, text, strlen(text));
    int error = errno;
    close(fd);
    errno = error;
    return done == (long)strlen(text) ? 0 : -1;
}

const char *read_file(const char *path)
{
    static char text[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    long size = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[size > 0 ? size : 0] = 0;
    return text;
}

const char *group_file(const struct unit *unit, const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "/cgroup/%s/%s", unit->name, name);
    return path;
}

struct unit *unit(const char *name)
{
    for (int i = 0; i < unit_count; i++)
        if (strcmp(units[i].name, name) == 0)
            return &units[i];
    printf("Bail out! no unit %s\n", name);
    exit(1);
}

static void set(struct unit *unit, const char *key, const char *value)
{
    struct { const char *key; char *text; size_t size; } texts[] = {
        {"program", unit->program, sizeof unit->program},
        {"socket", unit->socket, sizeof unit->socket},
        {"path", unit->path, sizeof unit->path},
        {"after", unit->after, sizeof unit->after},
    };
    struct { const char *key; int *number; } numbers[] = {
        {"restarts", &unit->restarts}, {"stop_ms", &unit->stop_ms}, {"tasks", &unit->tasks},
    };
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(key, texts[i].key) == 0)
            snprintf(texts[i].text, texts[i].size, "%s", value);
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(key, numbers[i].key) == 0)
            *numbers[i].number = atoi(value);
}

static int by_name(const void *one, const void *other)
{
    return strcmp(((const struct unit *)one)->name, ((const struct unit *)other)->name);
}

void read_units(void)
{
    DIR *directory = opendir("/units");
    must(directory != NULL);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        must(unit_count < MAX_UNITS);
        struct unit *unit = &units[unit_count++];
        *unit = (struct unit){.pidfd = -1, .events = -1, .listener = -1, .stop_ms = 5000};
        snprintf(unit->name, sizeof unit->name, "%.20s", entry->d_name);
        char path[300], line[128];
        snprintf(path, sizeof path, "/units/%s", entry->d_name);
        FILE *file = fopen(path, "re");
        must(file != NULL);
        while (fgets(line, sizeof line, file) != NULL) {
            line[strcspn(line, "\n")] = 0;
            char *equals = strchr(line, '=');
            if (equals != NULL) {
                *equals = 0;
                set(unit, line, equals + 1);
            }
        }
        fclose(file);
    }
    closedir(directory);
    qsort(units, unit_count, sizeof *units, by_name);
}

static _Noreturn void become(struct unit *unit)
{
    static char pid[32];
    char *arguments[] = {unit->name, unit->program, NULL};
    char *environment[] = {"LISTEN_FDS=1", pid, NULL};
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    must(setsid() == getpid());
    if (unit->listener >= 0) {
        must(dup2(unit->listener, LISTEN_FD) == LISTEN_FD);
        snprintf(pid, sizeof pid, "LISTEN_PID=%d", (int)getpid());
    } else
        environment[0] = NULL;
    syscall(SYS_execveat, self_program, "", arguments, environment, AT_EMPTY_PATH);
    _exit(127);
}

/* Start a process in a group of its own, which is there from its first instruction on. */
void start(struct unit *unit)
{
    if (mkdir(group_file(unit, ""), 0755) < 0)
        must(errno == EEXIST);
    if (unit->tasks) {
        char text[16];
        snprintf(text, sizeof text, "%d", unit->tasks);
        must(write_file(group_file(unit, "pids.max"), text) == 0);
    }
    int group = open(group_file(unit, ""), O_PATH | O_DIRECTORY | O_CLOEXEC);
    must(group >= 0);
    struct clone_arguments arguments = {
        .flags = 0x200000000ULL | 0x1000, /* CLONE_INTO_CGROUP, CLONE_PIDFD */
        .exit_signal = SIGCHLD,
        .pidfd = (uintptr_t)&unit->pidfd,
        .cgroup = group,
    };
    fflush(stdout);
    long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
    must(pid >= 0);
    if (pid == 0)
        become(unit);
    close(group);
    unit->pid = pid;
    unit->starts++;
    unit->state = RUNNING;
    unit->told[0] = 0;
    watch_unit(unit);
}

/* Ask a service to end; when its time is over, all of its group is killed. */
void stop(struct unit *unit)
{
    unit->state = STOPPING;
    unit->deadline = now_ms() + unit->stop_ms;
    must(syscall(SYS_pidfd_send_signal, unit->pidfd, SIGTERM, NULL, 0) == 0);
}
