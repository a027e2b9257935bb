/* Contract: PTRACE_SINGLESTEP runs one instruction wherever it is: of code that has run before, at
 * full speed and in another process, each is stepped through as often as it runs.
 * Source: ptrace(2), kernel/ptrace.c:ptrace_resume. */
#include "tracing.h"

/* Three instructions a turn; before and after the loop there are two, or on arm64 three. */
#ifdef __x86_64__
__asm__(".text\n.globl add_up, add_up_end\nadd_up: xor %eax, %eax\n"
        "1: add %rdi, %rax\nsub $1, %rdi\njnz 1b\n"
        "ret\nadd_up_end: nop\n");
#else
__asm__(".text\n.globl add_up, add_up_end\nadd_up: mov x1, #0\n"
        "1: add x1, x1, x0\nsubs x0, x0, #1\nb.ne 1b\n"
        "mov x0, x1\nret\nadd_up_end: nop\n");
#endif
unsigned long add_up(unsigned long value);
extern char add_up_end[];
#ifdef __x86_64__
#define OUTSIDE_OF_THE_LOOP 2
#else
#define OUTSIDE_OF_THE_LOOP 3
#endif

static void body(void)
{
    unsigned long sum = add_up(9);
    raise(SIGSTOP);
    _exit((int)(sum + add_up(4)));
}

static int is_inside(pid_t child)
{
    unsigned long pc = get_registers(child).REG_PC;
    return pc >= (unsigned long)add_up && pc < (unsigned long)add_up_end;
}

/* Step to the end; gives how many instructions of the function ran. */
static int count_steps(pid_t child, int *status)
{
    int inside = 0;
    for (;;) {
        inside += is_inside(child);
        must_trace("SINGLESTEP", PTRACE_SINGLESTEP, child, 0, 0);
        expect(waitpid(child, status, 0) == child, "waitpid");
        if (!WIFSTOPPED(*status))
            return inside;
    }
}

int main(void)
{
    int status = 0;
    step("without a tracer", "%lu", add_up(5));
    pid_t child = traced_child(body);
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    expect(waitpid(child, &status, 0) == child && WIFSTOPPED(status), "waitpid");
    step("turns", "%d", (count_steps(child, &status) - OUTSIDE_OF_THE_LOOP) / 3);
    step("exit status", "%d", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    child = traced_child(body);
    int steps = count_steps(child, &status) - 2 * OUTSIDE_OF_THE_LOOP;
    step("turns of both", "%d and %d more", steps / 3, steps % 3);
    contract_pass();
}
