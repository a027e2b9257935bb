/* Contract: execve by a tracee is SIGTRAP, or an event if the tracer asks for it, and exit is
 * an event that still has the whole process to look at, whatever ends it.
 * Source: ptrace(2), fs/exec.c, kernel/exit.c:do_exit. */
#include "tracing.h"

static void again(void)
{
    execl("/proc/self/exe", "again", "again", (char *)NULL);
    _exit(98);
}

static void die(void)
{
    raise(SIGTERM);
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        _exit(42);
    unsigned long message = 0;
    siginfo_t info;
    pid_t child = traced_child(again);
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    wait_and_show("exec", child);
    must_trace("GETSIGINFO", PTRACE_GETSIGINFO, child, 0, (uintptr_t)&info);
    step("siginfo", "code %d, %s", info.si_code, info.si_pid == child ? "itself" : "not itself");
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    wait_and_show("end", child);

    child = traced_child(again);
    must_trace("SETOPTIONS", PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT);
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    wait_and_show("exec event", child);
    must_trace("GETEVENTMSG", PTRACE_GETEVENTMSG, child, 0, (uintptr_t)&message);
    step("message", "%s", message == (unsigned long)child ? "its id" : "another");
    must_trace("GETSIGINFO", PTRACE_GETSIGINFO, child, 0, (uintptr_t)&info);
    step("siginfo", "code %#x, %s", (unsigned)info.si_code,
         info.si_pid == child ? "itself" : "not itself");
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    wait_and_show("exit event", child);
    must_trace("GETEVENTMSG", PTRACE_GETEVENTMSG, child, 0, (uintptr_t)&message);
    step("message", "%#lx", message);
    show_status_line("state", child, "State:");
    step("it has memory", "%s", get_registers(child).REG_SP ? "yes" : "no");
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    wait_and_show("end", child);

    child = traced_child(die);
    must_trace("SETOPTIONS", PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACEEXIT);
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    wait_and_show("signal", child);
    must_trace("CONT", PTRACE_CONT, child, 0, SIGTERM);
    wait_and_show("exit event", child);
    must_trace("GETEVENTMSG", PTRACE_GETEVENTMSG, child, 0, (uintptr_t)&message);
    step("message", "%#lx", message);
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    wait_and_show("end", child);
    contract_pass();
}
