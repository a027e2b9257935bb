/* Contract: a tracer that asks for it is told of fork, vfork and clone by an event with the
 * child's id, traces the child too, and is told when the vfork's child has let go.
 * Source: ptrace(2), kernel/fork.c:kernel_clone. */
#include "tracing.h"

static void body(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(3);
    int status;
    waitpid(child, &status, 0);
    child = vfork();
    if (child == 0)
        _exit(4);
    waitpid(child, &status, 0);
    _exit(WEXITSTATUS(status));
}

static pid_t show_event(const char *name, pid_t child)
{
    unsigned long message = 0;
    wait_and_show(name, child);
    must_trace("GETEVENTMSG", PTRACE_GETEVENTMSG, child, 0, (uintptr_t)&message);
    return (pid_t)message;
}

int main(void)
{
    pid_t child = traced_child(body);
    must_trace("SETOPTIONS", PTRACE_SETOPTIONS, child, 0,
               PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                   PTRACE_O_TRACEVFORKDONE);
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    pid_t grandchild = show_event("fork", child);
    expect(grandchild > 0 && grandchild != child, "the child's id");
    wait_and_show("its child", grandchild);
    must_trace("CONT", PTRACE_CONT, grandchild, 0, 0);
    wait_and_show("its child ends", grandchild);
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    wait_and_show("SIGCHLD", child);
    must_trace("CONT", PTRACE_CONT, child, 0, SIGCHLD);

    grandchild = show_event("vfork", child);
    wait_and_show("its child", grandchild);
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    must_trace("CONT", PTRACE_CONT, grandchild, 0, 0);
    wait_and_show("its child ends", grandchild);
    pid_t again = show_event("vfork done", child);
    step("message", "%s", again == grandchild ? "the same child" : "another");
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    wait_and_show("SIGCHLD", child);
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    wait_and_show("end", child);
    contract_pass();
}
