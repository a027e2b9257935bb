/* Contract: a thread's name is 15 bytes at most, set by PR_SET_NAME or by writing to comm;
 * longer ones are cut, not refused. comm ends with a newline; stat has it in parentheses and
 * status after Name:, with a newline in it shown as \n. Each thread has its own.
 * Source: prctl(2), proc_pid_comm(5); fs/proc/array.c:proc_task_name. */
#include "../contract.h"
#include <pthread.h>
#include <sys/prctl.h>

static void show(const char *name, const char *directory)
{
    char path[64], text[4096], got[16] = "";
    long length, fd;
    prctl(PR_GET_NAME, got);
    step(name, "PR_GET_NAME %s", got);
    snprintf(path, sizeof path, "%s/comm", directory);
    fd = open(path, O_RDONLY);
    length = read(fd, text, sizeof text);
    step("  comm", "%ld bytes: %.*s", length, (int)length - 1, text);
    close(fd);
    snprintf(path, sizeof path, "%s/stat", directory);
    fd = open(path, O_RDONLY);
    length = read(fd, text, sizeof text - 1);
    text[length] = 0;
    close(fd);
    step("  stat", "%.*s", (int)(strrchr(text, ')') + 1 - strchr(text, '(')), strchr(text, '('));
    snprintf(path, sizeof path, "%s/status", directory);
    fd = open(path, O_RDONLY);
    length = read(fd, text, sizeof text - 1);
    close(fd);
    step("  status", "%.*s", (int)strcspn(text, "\n"), text);
}

static void *thread(void *unused)
{
    show("thread inherits", "/proc/thread-self");
    expect(prctl(PR_SET_NAME, "worker") == 0, "prctl");
    show("thread", "/proc/thread-self");
    show("from the thread, the process", "/proc/self");
    return unused;
}

int main(void)
{
    pthread_t other;
    int comm = open("/proc/self/comm", O_WRONLY);
    expect(comm >= 0, "open");
    step_result("PR_SET_NAME", prctl(PR_SET_NAME, "short"));
    show("short", "/proc/self");
    step_result("PR_SET_NAME", prctl(PR_SET_NAME, "exactly fifteen and more"));
    show("long", "/proc/self");
    step_result("write", write(comm, "written with a long text", 24));
    show("written", "/proc/self");
    step_result("PR_SET_NAME", prctl(PR_SET_NAME, "a (b) c\\d"));
    show("odd characters", "/proc/self");
    step_result("PR_SET_NAME", prctl(PR_SET_NAME, ""));
    show("empty", "/proc/self");
    step_result("PR_SET_NAME", prctl(PR_SET_NAME, "main"));
    expect(pthread_create(&other, NULL, thread, NULL) == 0, "pthread_create");
    expect(pthread_join(other, NULL) == 0, "pthread_join");
    show("main at the end", "/proc/self");
    contract_pass();
}
