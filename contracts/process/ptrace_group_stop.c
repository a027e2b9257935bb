/* Contract: a seized tracee tells a group-stop from the stop for the signal by its event, can
 * be left listening in it, and tells of its end; an attached one has no siginfo in it.
 * Source: ptrace(2), Group-stop; kernel/signal.c:do_jobctl_trap. */
#include "tracing.h"

static void show_info(pid_t child)
{
    siginfo_t info;
    if (trace(PTRACE_GETSIGINFO, child, 0, (uintptr_t)&info) < 0)
        step("siginfo", "-1 %s", errno_name(errno));
    else
        step("siginfo", "signal %d code %#x", info.si_signo, (unsigned)info.si_code);
}

static void nothing(void)
{
    for (;;)
        pause();
}

int main(void)
{
    pid_t child = waiting_child();
    must_trace("SEIZE", PTRACE_SEIZE, child, 0, 0);
    expect(kill(child, SIGTSTP) == 0, "kill");
    wait_and_show("first signal", child);
    show_info(child);
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    expect(kill(child, SIGSTOP) == 0, "kill");
    wait_and_show("second signal", child);
    show_info(child);
    must_trace("CONT", PTRACE_CONT, child, 0, SIGSTOP);
    wait_and_show("group-stop", child);
    show_info(child);
    step_result("listen", trace(PTRACE_LISTEN, child, 0, 0));
    expect_errno(trace(PTRACE_CONT, child, 0, 0), ESRCH, "cont while listening");
    step("nothing new", "%d", waitpid(child, NULL, __WALL | WNOHANG));
    expect(kill(child, SIGCONT) == 0, "SIGCONT");
    wait_and_show("group-stop ended", child);
    show_info(child);
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    wait_and_show("SIGCONT", child);
    must_trace("CONT", PTRACE_CONT, child, 0, SIGCONT);
    must_trace("INTERRUPT", PTRACE_INTERRUPT, child, 0, 0);
    wait_and_show("interrupted", child);
    show_info(child);
    must_trace("KILL", PTRACE_KILL, child, 0, 0);
    wait_and_show("end", child);

    child = traced_child(nothing);
    must_trace("CONT", PTRACE_CONT, child, 0, SIGSTOP);
    wait_and_show("group-stop of a traceme", child);
    show_info(child);
    expect_errno(trace(PTRACE_LISTEN, child, 0, 0), EIO, "listen");
    expect_errno(trace(PTRACE_INTERRUPT, child, 0, 0), EIO, "interrupt");
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    step("it runs on", "%d", waitpid(child, NULL, __WALL | WNOHANG));
    expect(kill(child, SIGKILL) == 0, "SIGKILL");
    wait_and_show("end", child);
    contract_pass();
}
