/* Contract: without privilege a process may trace those of its own user that did not give up
 * being dumpable; with CAP_SYS_PTRACE all.
 * Source: ptrace(2), Ptrace access mode checking.
 * Requires: root */
#include "tracing.h"

/* A child as `uid` that is dumpable or not, and a tracer as 1000 that tries to seize it. */
static void attempt(const char *name, int uid, int dumpable)
{
    int told[2], status;
    char byte;
    fflush(stdout);
    expect(pipe(told) == 0, "pipe");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        expect(setresuid((uid_t)uid, (uid_t)uid, (uid_t)uid) == 0, "setresuid");
        expect(prctl(PR_SET_DUMPABLE, dumpable) == 0, "PR_SET_DUMPABLE");
        prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY); /* where Yama restricts tracers to ancestors */
        expect(write(told[1], "x", 1) == 1, "write");
        for (;;)
            pause();
    }
    expect(read(told[0], &byte, 1) == 1, "read");
    pid_t tracer = fork();
    expect(tracer >= 0, "fork");
    if (tracer == 0) {
        expect(setresuid(1000, 1000, 1000) == 0, "setresuid");
        step_result(name, trace(PTRACE_SEIZE, child, 0, 0));
        long word = 0;
        struct iovec local = {&word, 8}, remote = {&word, 8};
        step_result("read its memory", process_vm_readv(child, &local, 1, &remote, 1, 0));
        _exit(0);
    }
    expect(waitpid(tracer, &status, 0) == tracer && status == 0, "the tracer ends");
    step_result("by root", trace(PTRACE_SEIZE, child, 0, 0));
    expect(kill(child, SIGKILL) == 0, "SIGKILL");
    wait_and_show("end", child);
    close(told[0]);
    close(told[1]);
}

int main(void)
{
    attempt("its own user's", 1000, 1);
    attempt("not dumpable", 1000, 0);
    attempt("another user's", 1001, 1);
    attempt("root's", 0, 1);
    contract_pass();
}
