/* Contract: tracees go on when their tracer ends, and die with it if it asked for that; a
 * process that its tracer has waited for is still its parent's to wait for.
 * Source: ptrace(2), kernel/ptrace.c:exit_ptrace. */
#include "tracing.h"

static void end_of_tracer(const char *name, long options)
{
    int ready[2], go[2];
    expect(pipe(ready) == 0 && pipe(go) == 0, "pipe");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        char byte;
        close(go[1]);
        _exit(read(go[0], &byte, 1) == 1 ? 5 : 6);
    }
    pid_t tracer = fork();
    expect(tracer >= 0, "fork");
    if (tracer == 0) {
        must_trace("SEIZE", PTRACE_SEIZE, child, 0, (unsigned long)options);
        must_trace("INTERRUPT", PTRACE_INTERRUPT, child, 0, 0);
        int status;
        expect(waitpid(child, &status, __WALL) == child, "waitpid of the tracer");
        _exit(0);
    }
    expect(waitpid(tracer, NULL, 0) == tracer, "waitpid");
    ssize_t done = write(go[1], "x", 1);
    expect(done == 1, "write");
    wait_and_show(name, child);
    close(ready[0]); close(ready[1]); close(go[0]); close(go[1]);
}

int main(void)
{
    end_of_tracer("goes on", 0);
    end_of_tracer("dies", PTRACE_O_EXITKILL);

    int go[2], told[2];
    char byte;
    expect(pipe(go) == 0 && pipe(told) == 0, "pipe");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0)
        _exit(read(go[0], &byte, 1) == 1 ? 9 : 10);
    pid_t tracer = fork();
    expect(tracer >= 0, "fork");
    if (tracer == 0) {
        must_trace("SEIZE", PTRACE_SEIZE, child, 0, 0);
        expect(write(told[1], "x", 1) == 1, "write");
        expect(read(told[0], &byte, 0) == 0, "read");
        wait_and_show("the tracer sees", child);
        wait_and_show("once", child);
        _exit(0);
    }
    expect(read(told[0], &byte, 1) == 1, "read");
    step("a stranger's tracee", "%d", waitpid(child, NULL, WNOHANG));
    expect(write(go[1], "x", 1) == 1, "write");
    expect(waitpid(tracer, NULL, 0) == tracer, "waitpid");
    wait_and_show("the parent sees", child);
    contract_pass();
}
