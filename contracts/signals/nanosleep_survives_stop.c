/* Contract: a process stopped and continued in the middle of nanosleep sleeps on without
 * noticing: the call returns 0, and not before its time.
 * Source: signal(7), kernel/signal.c:restart_syscall. */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

int main(void)
{
    int go[2];
    expect(pipe(go) == 0, "pipe");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        struct timespec before, after, asked = {0, 50000000};
        char byte;
        clock_gettime(CLOCK_MONOTONIC, &before);
        int result = nanosleep(&asked, NULL);
        clock_gettime(CLOCK_MONOTONIC, &after);
        step_result("nanosleep", result);
        long long nanoseconds = (after.tv_sec - before.tv_sec) * 1000000000LL +
                                after.tv_nsec - before.tv_nsec;
        step("slept at least 50 ms", "%s", nanoseconds >= 50000000 ? "yes" : "no");
        _exit(read(go[0], &byte, 1) == 1 ? 0 : 1);
    }
    int status;
    wait_for_state(child, 'S');
    expect(kill(child, SIGSTOP) == 0, "SIGSTOP");
    expect(waitpid(child, &status, WUNTRACED) == child, "waitpid");
    expect(WIFSTOPPED(status), "stopped");
    expect(kill(child, SIGCONT) == 0, "SIGCONT");
    expect(write(go[1], "g", 1) == 1, "write");
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("status", "0x%x", status);
    contract_pass();
}
