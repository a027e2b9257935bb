/* Contract: PTRACE_ATTACH stops the target with SIGSTOP, also within a system call, which goes
 * on afterwards; the status file names the tracer; a stopped process stays stopped.
 * Source: ptrace(2), kernel/ptrace.c:ptrace_attach, __ptrace_unlink. */
#include "tracing.h"

static void show_tracer(pid_t child)
{
    char path[64], line[256];
    int tracer = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)child);
    FILE *file = fopen(path, "r");
    expect(file != NULL, "open");
    while (fgets(line, sizeof line, file))
        sscanf(line, "TracerPid: %d", &tracer);
    fclose(file);
    step("TracerPid", "%s", tracer == getpid() ? "the caller" : tracer == 0 ? "0" : "another");
}

int main(void)
{
    int ends[2], status;
    expect(pipe(ends) == 0, "pipe");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        char byte = 0;
        long got = read(ends[0], &byte, 1);
        _exit(got == 1 && byte == 'x' ? 7 : 8);
    }
    show_tracer(child);
    step_result("attach", trace(PTRACE_ATTACH, child, 0, 0));
    wait_and_show("attached", child);
    show_tracer(child);
    show_status_line("state", child, "State:");
    siginfo_t info;
    must_trace("GETSIGINFO", PTRACE_GETSIGINFO, child, 0, (uintptr_t)&info);
    step("siginfo", "signal %d, code %d", info.si_signo, info.si_code);
    step_result("detach", trace(PTRACE_DETACH, child, 0, 0));
    show_tracer(child);
    expect(write(ends[1], "x", 1) == 1, "write");
    wait_and_show("the read went on", child);

    child = waiting_child();
    expect(kill(child, SIGSTOP) == 0, "SIGSTOP");
    expect(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status), "stopped");
    step_result("attach to a stopped one", trace(PTRACE_ATTACH, child, 0, 0));
    wait_and_show("is a tracee now", child);
    step_result("detach", trace(PTRACE_DETACH, child, 0, 0));
    expect(kill(child, SIGCONT) == 0, "SIGCONT");
    expect(waitpid(child, &status, WCONTINUED) == child && WIFCONTINUED(status), "continued");
    expect(kill(child, SIGKILL) == 0, "SIGKILL");
    wait_and_show("end", child);
    contract_pass();
}
