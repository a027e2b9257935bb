/* Contract: with PTRACE_O_TRACEEXIT every thread stops before it ends, also one that exit_group of
 * another thread, or SIGKILL, ends; the message is the status that its process ends with.
 * ptrace(2); kernel/exit.c:do_exit(). */
#include "contract.h"
#include <pthread.h>
#include <sys/ptrace.h>

static void *wait_for_ever(void *unused)
{
    for (;;)
        pause();
    return unused;
}

static void *end_all(void *unused)
{
    syscall(SYS_exit_group, 7);
    return unused;
}

static void tracee(int how)
{
    pthread_t thread;
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    if (how == 2)
        pthread_create(&thread, NULL, end_all, NULL);
    else
        pthread_create(&thread, NULL, wait_for_ever, NULL);
    if (how == 1)
        _exit(5);
    wait_for_ever(NULL);
}

static void watch(const char *name, int how)
{
    int status, stops = 0, ends = 0;
    pid_t child = fork(), thread = 0;
    if (child == 0)
        tracee(how);
    step(name, "%s", "traced");
    expect(waitpid(child, &status, 0) == child && WIFSTOPPED(status), "first stop");
    long options = PTRACE_O_TRACEEXIT | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
    expect(ptrace(PTRACE_SETOPTIONS, child, NULL, options) == 0, "PTRACE_SETOPTIONS");
    expect(ptrace(PTRACE_CONT, child, NULL, NULL) == 0, "PTRACE_CONT");
    while (ends < 2) {
        unsigned long message = 0;
        pid_t pid = waitpid(-1, &status, __WALL);
        expect(pid > 0, "waitpid");
        if (!WIFSTOPPED(status)) {
            step(pid == child ? "leader" : "thread", "ended, status %#x", (unsigned)status);
            ends++;
            continue;
        }
        if (pid != child)
            thread = pid;
        if (status >> 16 == PTRACE_EVENT_EXIT) {
            stops++;
            expect(ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message) == 0, "message");
            expect(message == (how == 1 ? 0x500 : how == 2 ? 0x700 : 9), "the status");
        }
        expect(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0, "PTRACE_CONT");
        if (how == 0 && pid == thread && status >> 16 == 0) {
            wait_for_state(thread, 'S');
            kill(child, SIGKILL);
        }
    }
    step("stops before the end", "%d", stops);
}

int main(void)
{
    watch("exit_group of the leader", 1);
    watch("exit_group of the other", 2);
    watch("SIGKILL", 0);
    contract_pass();
}
