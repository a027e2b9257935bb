/* Contract: reading /proc lists each process once; a thread is not listed, yet /proc/<tid>
 * opens; all threads of a process are in its task directory. self and thread-self are links
 * to the reader.
 * Source: proc(5), proc_pid_task(5); fs/proc/base.c:proc_pid_readdir. */
#include "../contract.h"
#include <dirent.h>
#include <pthread.h>
#include <sys/wait.h>

static int ready[2], hold[2];
static volatile int thread_id;

static void *wait_here(void *unused)
{
    char byte, link[64], wanted[64];
    thread_id = syscall(SYS_gettid);
    long got = readlink("/proc/thread-self", link, sizeof link - 1);
    link[got > 0 ? got : 0] = 0;
    snprintf(wanted, sizeof wanted, "%d/task/%d", getpid(), thread_id);
    step("thread-self in a thread", "%s", strcmp(link, wanted) ? "another" : "pid/task/tid");
    expect(write(ready[1], "r", 1) == 1, "write");
    expect(read(hold[0], &byte, 1) == 1, "read");
    return unused;
}

/* How often `path` lists `id`. */
static void listed(const char *name, const char *path, int id)
{
    int count = 0;
    struct dirent *entry;
    DIR *list = opendir(path);
    expect(list, "opendir");
    while ((entry = readdir(list)))
        if (entry->d_name[0] != '.' && atoi(entry->d_name) == id)
            count += entry->d_type == DT_DIR;
    closedir(list);
    step(name, "%d", count);
}

int main(void)
{
    char path[64], link[64], byte;
    pthread_t thread;
    expect(pipe(ready) == 0 && pipe(hold) == 0, "pipe");
    long got = readlink("/proc/self", link, sizeof link - 1);
    link[got] = 0;
    step("self", "%s", atoi(link) == getpid() ? "pid" : "another");
    expect(pthread_create(&thread, NULL, wait_here, NULL) == 0, "pthread_create");
    expect(read(ready[0], &byte, 1) == 1, "read");
    pid_t child = fork();
    if (child == 0)
        _exit(read(hold[0], &byte, 1) != 1);
    listed("/proc lists this process", "/proc", getpid());
    listed("/proc lists the child", "/proc", child);
    listed("/proc lists the thread", "/proc", thread_id);
    listed("task lists the leader", "/proc/self/task", getpid());
    listed("task lists the thread", "/proc/self/task", thread_id);
    listed("task lists the child", "/proc/self/task", child);
    snprintf(path, sizeof path, "/proc/%d", thread_id);
    step_result("access to /proc/<tid>", access(path, F_OK));
    snprintf(path, sizeof path, "/proc/%d/task/%d", child, child);
    step_result("access to the child's task", access(path, F_OK));
    snprintf(path, sizeof path, "/proc/self/task/%d", child);
    expect_errno(access(path, F_OK), ENOENT, "the child among our tasks");
    expect(write(hold[1], "xx", 2) == 2, "write");
    expect(pthread_join(thread, NULL) == 0, "pthread_join");
    expect(waitpid(child, NULL, 0) == child, "waitpid");
    listed("/proc lists the reaped child", "/proc", child);
    expect_errno(access("/proc/nothing", F_OK), ENOENT, "a name that is no number");
    expect_errno(open("/proc/new", O_CREAT | O_WRONLY, 0600), ENOENT, "create in /proc");
    contract_pass();
}
