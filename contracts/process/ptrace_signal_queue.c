/* Contract: a tracer reads the signals that are queued for a tracee without taking them, and
 * reads and sets its mask.
 * Source: ptrace(2), kernel/ptrace.c:ptrace_peek_siginfo, PTRACE_GETSIGMASK. */
#include "tracing.h"

static void body(void)
{
    sigset_t all, pending;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    for (int value = 1; value <= 3; value++) {
        union sigval with = {.sival_int = value};
        sigqueue(getpid(), SIGRTMIN + 1, with);
    }
    syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1);
    sigpending(&pending);
    syscall(SYS_kill, getpid(), SIGSTOP);
    sigprocmask(SIG_SETMASK, NULL, &all);
    step("the child's mask", "USR1 %d USR2 %d RTMIN+1 %d", sigismember(&all, SIGUSR1),
         sigismember(&all, SIGUSR2), sigismember(&all, SIGRTMIN + 1));
}

static void peek(pid_t child, const char *name, unsigned long long from, unsigned flags, int count)
{
    struct { unsigned long long off; unsigned flags; int nr; } args = {from, flags, count};
    siginfo_t infos[4];
    long found = trace(0x4209, child, (uintptr_t)&args, (uintptr_t)infos);
    step_result(name, found);
    for (long i = 0; i < found; i++)
        step("info", "%s value %d code %d", infos[i].si_signo == SIGUSR1 ? "USR1" : "RTMIN+1",
             infos[i].si_signo == SIGUSR1 ? 0 : infos[i].si_value.sival_int, infos[i].si_code);
}

int main(void)
{
    pid_t child = traced_child(body);
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    wait_and_show("second stop", child);
    peek(child, "its own", 0, 0, 4);
    peek(child, "the process's", 0, 1, 4);
    peek(child, "from the second", 1, 1, 4);
    peek(child, "one", 0, 1, 1);
    peek(child, "beyond", 9, 1, 4);
    peek(child, "unknown flag", 0, 2, 4);
    peek(child, "less than none", 0, 1, -1);
    uint64_t mask = 0;
    step_result("GETSIGMASK", trace(0x420a, child, 8, (uintptr_t)&mask));
    step("mask", "%s", (mask >> (SIGUSR2 - 1) & 1) ? "USR2 blocked" : "USR2 not blocked");
    step("SIGKILL", "%d", (int)(mask >> (SIGKILL - 1) & 1));
    mask = ~0ULL & ~(1ULL << (SIGUSR2 - 1));
    step_result("SETSIGMASK", trace(0x420b, child, 8, (uintptr_t)&mask));
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    wait_and_show("end", child);
    contract_pass();
}
