/* Contract: RLIMIT_SIGPENDING bounds what is queued for all processes of the receiver's real user
 * together, whoever sends; a process that ends gives its places back.
 * Requires: root
 * getrlimit(2), sigqueue(3); kernel/signal.c:sigqueue_alloc(). */
#include "contract.h"
#include <sys/resource.h>

enum { LIMIT = 5, OWNER = 54321 };

static int ready[2], go[2];

static pid_t start(uid_t owner)
{
    char byte;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        sigset_t all;
        struct rlimit limit = {LIMIT, LIMIT};
        sigfillset(&all);
        sigprocmask(SIG_BLOCK, &all, NULL);
        expect(setrlimit(RLIMIT_SIGPENDING, &limit) == 0, "setrlimit");
        expect(setresuid(owner, owner, owner) == 0, "setresuid");
        expect(write(ready[1], "r", 1) == 1, "write");
        for (;;)
            if (read(go[0], &byte, 1) == 1)
                _exit(0);
    }
    expect(read(ready[0], &byte, 1) == 1, "read");
    return child;
}

static void fill(const char *name, pid_t pid)
{
    int count = 0;
    union sigval value = {.sival_int = 1};
    errno = 0;
    while (count < 2 * LIMIT && sigqueue(pid, SIGRTMIN + 1, value) == 0)
        count++;
    step(name, "%d, then %s", count, errno_name(errno));
}

static void show(const char *name, pid_t pid)
{
    char path[64], line[256];
    long queued, limit;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "SigQ: %ld/%ld", &queued, &limit) == 2)
            step(name, "%ld of %ld", queued, limit);
    fclose(file);
}

int main(void)
{
    int status;
    expect(pipe(ready) == 0 && pipe(go) == 0, "pipe");
    pid_t first = start(OWNER), second = start(OWNER), other = start(OWNER + 1);
    fill("the first takes", first);
    show("queued for its user", second);
    fill("so that for the second are left", second);
    fill("but for another user", other);
    step_result("kill needs no place", kill(second, SIGUSR1));
    step_result("not even a real-time signal from kill", kill(second, SIGRTMIN + 2));
    kill(first, SIGKILL);
    expect(waitpid(first, &status, 0) == first, "waitpid");
    show("after the first is gone", second);
    fill("the second takes", second);
    kill(second, SIGKILL);
    kill(other, SIGKILL);
    expect(waitpid(second, &status, 0) == second, "waitpid");
    expect(waitpid(other, &status, 0) == other, "waitpid");
    contract_pass();
}
