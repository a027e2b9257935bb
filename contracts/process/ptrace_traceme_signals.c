/* Contract: a tracee stops for every signal but SIGKILL, even one that it ignores or whose
 * default is nothing; the tracer lets it through, swaps it for another, or drops it.
 * Source: ptrace(2), kernel/signal.c:ptrace_signal. */
#include "tracing.h"

static void handler(int signo) { (void)signo; }

static void body(void)
{
    signal(SIGUSR1, SIG_IGN);
    raise(SIGUSR1);
    raise(SIGCHLD);
    raise(SIGTERM);
    signal(SIGUSR2, handler);
    raise(SIGINT);
    raise(SIGQUIT);
}

static void show_info(pid_t child)
{
    siginfo_t info;
    memset(&info, 0, sizeof info);
    must_trace("GETSIGINFO", PTRACE_GETSIGINFO, child, 0, (uintptr_t)&info);
    step("siginfo", "signal %d code %d, %s", info.si_signo, info.si_code,
         info.si_pid == child ? "from itself" : "from somebody else");
}

int main(void)
{
    pid_t child = traced_child(body);
    show_status_line("state", child, "State:");
    show_info(child);
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    wait_and_show("ignored", child);
    show_info(child);
    must_trace("CONT", PTRACE_CONT, child, 0, SIGUSR1);
    wait_and_show("ignored by default", child);
    must_trace("CONT", PTRACE_CONT, child, 0, SIGCHLD);
    wait_and_show("deadly", child);
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    wait_and_show("deadly too", child);
    must_trace("CONT", PTRACE_CONT, child, 0, SIGUSR2);
    wait_and_show("and one more", child);
    expect_errno(trace(PTRACE_CONT, child, 0, 65), EIO, "no such signal");
    siginfo_t status;
    memset(&status, 0, sizeof status);
    expect(trace(PTRACE_CONT, child, 0, SIGABRT) == 0, "CONT");
    expect(waitid(P_PID, (id_t)child, &status, WEXITED) == 0, "waitid");
    step("end", "status %d", status.si_status);
    contract_pass();
}
