/* Contract: exec by a thread that is not the leader ends all others, also the leader; the thread
 * has the process id then, and the process its parent, descriptors and identity.
 * Source: execve(2); fs/exec.c:de_thread(). */
#include "threads.h"

static int program;

static void *spins(void *unused)
{
    (void)unused;
    for (;;)
        ;
    return NULL;
}

static void *sleeps(void *unused)
{
    (void)unused;
    pause();
    return NULL;
}

static void *execs(void *unused)
{
    char parent[16], id[16];
    (void)unused;
    snprintf(parent, sizeof parent, "%d", (int)getppid());
    snprintf(id, sizeof id, "%d", (int)getpid());
    step("not the leader", "%d", own_tid() != getpid());
    char *arguments[] = {"again", parent, id, NULL}, *nothing[] = {NULL};
    syscall(SYS_execveat, program, "", arguments, nothing, AT_EMPTY_PATH);
    contract_fail("execveat", "%s", errno_name(errno));
}

static int count_tasks(void)
{
    int count = 0;
    char line[128];
    FILE *status = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof line, status) != NULL)
        sscanf(line, "Threads: %d", &count);
    fclose(status);
    return count;
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        step("thread id is process id", "%d", own_tid() == getpid());
        step("same process, same parent", "%d %d", getpid() == atoi(argv[2]),
             getppid() == atoi(argv[1]));
        step("threads", "%d", count_tasks());
        return 7;
    }
    pthread_t thread;
    program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    expect(program >= 0, "open");
    for (int leader_leaves = 0; leader_leaves < 2; leader_leaves++) {
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            expect(pthread_create(&thread, NULL, spins, NULL) == 0, "pthread_create");
            expect(pthread_create(&thread, NULL, sleeps, NULL) == 0, "pthread_create");
            expect(pthread_create(&thread, NULL, execs, NULL) == 0, "pthread_create");
            if (leader_leaves)
                syscall(SYS_exit, 3);
            pause();
        }
        int status;
        expect(waitpid(child, &status, 0) == child, "waitpid");
        step("status", "%x", (unsigned)status);
    }
    contract_pass();
}
