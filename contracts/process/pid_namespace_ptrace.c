/* Contract: a tracer outside a PID namespace is told of tasks in it by its own numbers for them, and
 * is not seen from inside; a traced init stops for signals that it would not get otherwise.
 * Requires: CAP_SYS_ADMIN, CAP_SYS_PTRACE
 * Source: pid_namespaces(7), ptrace(2); include/linux/ptrace.h:ptrace_event_pid. */
#include "pidns.h"
#include "tracing.h"

static void inside(int go, int ready)
{
    char byte;
    expect(write(ready, "", 1) == 1, "write");
    expect(read(go, &byte, 1) == 1, "read");
    mount_proc();
    step("tracer seen from inside", "%s", status_value("/proc/self/status", "TracerPid"));
    pid_t child = must_fork();
    if (child == 0) {
        step("the child", "%d", getpid());
        pause();
        _exit(0);
    }
    wait_for_state(child, 'S');
    expect_errno(ptrace(PTRACE_ATTACH, 4000000, 0L, 0L), ESRCH, "attach to nobody");
    must_trace("attach", PTRACE_SEIZE, child, 0, 0);
    step("tracer of the child", "%s", status_value("/proc/2/status", "TracerPid"));
    must_trace("interrupt", PTRACE_INTERRUPT, child, 0, 0);
    wait_and_show("the child", child);
    must_trace("detach", PTRACE_DETACH, child, 0, 0);
    expect(kill(child, SIGKILL) == 0, "kill");
    step_end("the child", child);
    kill(getpid(), SIGTERM);
    step("init", "lives");
    _exit(4);
}

int main(void)
{
    int go[2], ready[2];
    char byte;
    unsigned long message = 0;
    expect(pipe(go) == 0 && pipe(ready) == 0, "pipe");
    pid_t init = fork_into_namespace(0);
    if (init == 0)
        inside(go[0], ready[1]);
    expect(read(ready[0], &byte, 1) == 1, "read");
    must_trace("seize", PTRACE_SEIZE, init, 0, PTRACE_O_TRACEFORK);
    expect(write(go[1], "", 1) == 1, "write");
    wait_and_show("init forks", init);
    must_trace("message", PTRACE_GETEVENTMSG, init, 0, (uintptr_t)&message);
    step("the message is another number", "%d", message > 2);
    wait_and_show("its child, by the message", (pid_t)message);
    must_trace("let the child go", PTRACE_DETACH, (pid_t)message, 0, 0);
    must_trace("let init go", PTRACE_CONT, init, 0, 0);
    for (;;) {
        siginfo_t info = {0};
        int status;
        expect(waitpid(init, &status, 0) == init, "waitpid");
        if (WIFEXITED(status)) {
            step("init", "exit status %d", WEXITSTATUS(status));
            break;
        }
        must_trace("siginfo", PTRACE_GETSIGINFO, init, 0, (uintptr_t)&info);
        step("init stops", "by %d from %d", WSTOPSIG(status), info.si_pid);
        must_trace("let init go", PTRACE_CONT, init, 0, WSTOPSIG(status));
    }
    contract_pass();
}
