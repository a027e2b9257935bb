/* Contract: PTRACE_TRACEME makes the calling thread a tracee, not its leader: it alone stops for its
 * signals, and the others run on untraced.
 * ptrace(2); kernel/ptrace.c:ptrace_traceme(). */
#include "contract.h"
#include <pthread.h>
#include <sys/ptrace.h>

static int ready[2], go[2];

static void *traced(void *unused)
{
    pid_t self = (pid_t)syscall(SYS_gettid);
    step_result("PTRACE_TRACEME", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
    step_result("twice", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
    expect(write(ready[1], &self, sizeof self) == sizeof self, "write");
    syscall(SYS_tgkill, getpid(), self, SIGUSR1);
    return unused;
}

static void on_signal(int number)
{
    step("the leader's handler", "%d", number);
}

static void tracee(void)
{
    pthread_t thread;
    char byte;
    signal(SIGUSR2, on_signal);
    expect(pthread_create(&thread, NULL, traced, NULL) == 0, "pthread_create");
    expect(read(go[0], &byte, 1) == 1, "read");
    syscall(SYS_tgkill, getpid(), getpid(), SIGUSR2);
    expect(write(ready[1], &(pid_t){0}, sizeof(pid_t)) == sizeof(pid_t), "write");
    pthread_join(thread, NULL);
    expect(read(go[0], &byte, 1) == 1, "read");
    _exit(3);
}

int main(void)
{
    int status = 0;
    pid_t thread = 0, none = 1;
    expect(pipe(ready) == 0 && pipe(go) == 0, "pipe");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        tracee();
    expect(read(ready[0], &thread, sizeof thread) == sizeof thread, "read");
    step("not the leader", "%d", thread != child);
    expect(waitpid(thread, &status, __WALL) == thread, "waitpid");
    step("it stopped", "%#x", (unsigned)status);
    step_result("the leader is no tracee", ptrace(PTRACE_CONT, child, NULL, NULL));
    expect(write(go[1], "g", 1) == 1, "write");
    expect(read(ready[0], &none, sizeof none) == sizeof none && none == 0, "read");
    step_result("nothing of the leader to tell", waitpid(child, &status, WNOHANG | WUNTRACED));
    step_result("let the thread go on", ptrace(PTRACE_CONT, thread, NULL, NULL));
    expect(waitpid(thread, &status, __WALL) == thread, "waitpid");
    step("the thread ended", "%#x", (unsigned)status);
    expect(write(go[1], "g", 1) == 1, "write");
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("the leader ended", "%#x", (unsigned)status);
    contract_pass();
}
