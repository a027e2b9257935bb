/* Contract: a process whose first thread ended lives on while it has others: /proc shows a zombie
 * leader with its name, signals reach the others, wait does not report it before the last ends.
 * Source: pthread_exit(3), wait(2), proc(5); kernel/exit.c. */
#include "threads.h"

static int ready[2], go[2];

static void on_signal(int signal)
{
    (void)signal;
    expect(write(ready[1], "s", 1) == 1, "write");
}

static void *survives(void *unused)
{
    char byte;
    (void)unused;
    signal(SIGUSR1, on_signal);
    wait_for_state(getpid(), 'Z');
    expect(write(ready[1], "r", 1) == 1, "write");
    while (read(go[0], &byte, 1) != 1)
        ;
    step("its process id", "%d, of its parent %d", getpid() != own_tid(), getppid() > 0);
    step_result("a signal to itself", kill(getpid(), 0));
    syscall(SYS_exit, 9);
    return NULL;
}

static void step_status(pid_t pid)
{
    char path[64], line[128];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    expect(file != NULL, "status");
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = 0;
        if (!strncmp(line, "State:", 6) || !strncmp(line, "Threads:", 8)
            || !strncmp(line, "VmSize:", 7))
            step("status", "%.9s", line);
    }
    fclose(file);
}

int main(void)
{
    char byte, path[64], line[64];
    siginfo_t info = {0};
    expect(pipe(ready) == 0 && pipe(go) == 0, "pipe");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        pthread_t thread;
        expect(pthread_create(&thread, NULL, survives, NULL) == 0, "pthread_create");
        syscall(SYS_exit, 4);
    }
    expect(read(ready[0], &byte, 1) == 1, "the leader is a zombie");
    step_status(child);
    snprintf(path, sizeof path, "/proc/%d/cwd", (int)child);
    step_result("its directory", readlink(path, line, sizeof line));
    step_result("not to be waited for yet", waitpid(child, NULL, WNOHANG));
    step_result("waitid", waitid(P_PID, child, &info, WEXITED | WNOHANG | WNOWAIT));
    step("nobody", "%d", (int)info.si_pid);
    step_result("kill", kill(child, SIGUSR1));
    expect(read(ready[0], &byte, 1) == 1, "handled");
    step("handled", "%c", byte);
    expect(write(go[1], "g", 1) == 1, "go");
    int status;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("status of the last thread", "%x", (unsigned)status);
    contract_pass();
}
