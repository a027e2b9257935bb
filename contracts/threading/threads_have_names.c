/* Contract: every thread has a name of its own, inherited when it is made, cut to 15 bytes, and
 * shown and set in /proc/self/task; the process is named by its first thread.
 * Source: prctl(2) PR_SET_NAME, pthread_setname_np(3), proc(5). */
#include "threads.h"
#include <dirent.h>
#include <sys/prctl.h>

static volatile pid_t tid;
static int go[2];

static void step_file(const char *name, const char *path)
{
    char text[64] = "";
    FILE *file = fopen(path, "r");
    expect(file != NULL && fgets(text, sizeof text, file) != NULL, path);
    fclose(file);
    text[strcspn(text, "\n")] = 0;
    step(name, "%s", text);
}

static void *body(void *unused)
{
    char name[16], byte;
    (void)unused;
    prctl(PR_GET_NAME, name);
    step("inherited", "%s", name);
    step_result("PR_SET_NAME", prctl(PR_SET_NAME, "a name that is too long"));
    prctl(PR_GET_NAME, name);
    step("cut", "%s", name);
    tid = own_tid();
    while (read(go[0], &byte, 1) != 1)
        ;
    prctl(PR_GET_NAME, name);
    step("set by another thread", "%s", name);
    return NULL;
}

int main(void)
{
    pthread_t thread;
    char path[64];
    int count = 0;
    expect(pipe(go) == 0 && prctl(PR_SET_NAME, "first") == 0, "set up");
    expect(pthread_create(&thread, NULL, body, NULL) == 0, "pthread_create");
    wait_for_thread(&tid);
    step_file("the process", "/proc/self/comm");
    snprintf(path, sizeof path, "/proc/self/task/%d/comm", (int)tid);
    step_file("the thread", path);
    snprintf(path, sizeof path, "/proc/%d/comm", (int)tid);
    step_file("the thread by its id", path);
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *entry; (entry = readdir(tasks)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(tasks);
    step("threads", "%d", count);
    snprintf(path, sizeof path, "/proc/self/task/%d/comm", (int)tid);
    int fd = open(path, O_WRONLY);
    step_result("write", write(fd, "renamed", 7));
    step_file("the thread", path);
    expect(write(go[1], "x", 1) == 1, "write");
    expect(pthread_join(thread, NULL) == 0, "pthread_join");
    contract_pass();
}
