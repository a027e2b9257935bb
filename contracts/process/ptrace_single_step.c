/* Contract: PTRACE_SINGLESTEP runs one instruction and stops with SIGTRAP; a signal's handler
 * is stepped into; what is stepped through computes what it always does.
 * Source: ptrace(2), kernel/ptrace.c:ptrace_resume. */
#include "tracing.h"

static volatile unsigned long result;

/* Three instructions; the first two have four bytes each. */
#ifdef __x86_64__
__asm__(".text\n.globl add_up\nadd_up:\nlea 1(%rdi), %rax\n"
        "add $2, %rax\nret\n");
#else
__asm__(".text\n.globl add_up\nadd_up:\nadd x0, x0, #1\n"
        "add x0, x0, #2\nret\n");
#endif
unsigned long add_up(unsigned long value);
#define FIRST ((unsigned long)add_up)
#define SECOND (FIRST + 4)
#define THIRD (FIRST + 8)

static void handler(int signo)
{
    (void)signo;
}

static void body(void)
{
    signal(SIGUSR1, handler);
    result = add_up(40);
    raise(SIGUSR1);
    _exit((int)result);
}

static int one_step(pid_t child, int signo)
{
    int status = 0;
    must_trace("SINGLESTEP", PTRACE_SINGLESTEP, child, 0, (unsigned long)signo);
    expect(waitpid(child, &status, 0) == child && WIFSTOPPED(status), "waitpid");
    return WSTOPSIG(status);
}

int main(void)
{
    pid_t child = traced_child(body);
    int steps = 0, others = 0;
    while (get_registers(child).REG_PC != FIRST && steps++ < 100000)
        others += one_step(child, 0) != SIGTRAP;
    step("on the way there", "%d other stops, %s", others,
         steps < 100000 ? "arrived" : "lost");
    int signo = one_step(child, 0);
    step("one step", "signal %d, %s", signo,
         get_registers(child).REG_PC == SECOND ? "at the second" : "elsewhere");
    step("result so far", "%ld", (long)get_registers(child).REG_RESULT);
    siginfo_t info;
    must_trace("GETSIGINFO", PTRACE_GETSIGINFO, child, 0, (uintptr_t)&info);
    step("siginfo", "code %d, %s", info.si_code,
         info.si_addr == (void *)SECOND ? "at the instruction" : "elsewhere");
    signo = one_step(child, 0);
    step("another", "signal %d, %s", signo,
         get_registers(child).REG_PC == THIRD ? "at the third" : "elsewhere");
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    wait_and_show("signal", child);
    signo = one_step(child, SIGUSR1);
    step("into the handler", "signal %d, %s", signo,
         get_registers(child).REG_PC == (unsigned long)handler ? "at its start" : "elsewhere");
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    wait_and_show("end", child);
    contract_pass();
}
