/* Contract: a breakpoint that a tracer writes into a tracee's code stops it there, not the
 * tracer's own copy; with the code put back it goes on as if nothing had been.
 * Source: ptrace(2); memory is copied on write. */
#include "tracing.h"

__attribute__((noinline)) static int doubled(int value)
{
    __asm__ volatile("" : "+r"(value));
    return 2 * value;
}

static void body(void)
{
    int value = 0;
    for (int i = 0; i < 3; i++)
        value += doubled(i);
    _exit(value);
}

int main(void)
{
    unsigned long address = (unsigned long)doubled, code = 0, now = 0;
    pid_t child = traced_child(body);
    must_trace("PEEKTEXT", PTRACE_PEEKTEXT, child, address, (uintptr_t)&code);
#ifdef __x86_64__
    unsigned long trap = (code & ~0xffUL) | 0xcc;
    const unsigned long after = 1;
#else
    unsigned long trap = (code & ~0xffffffffUL) | 0xd4200000;
    const unsigned long after = 0;
#endif
    must_trace("POKETEXT", PTRACE_POKETEXT, child, address, trap);
    step("here", "%d", doubled(21));
    for (int hits = 0; hits < 3; hits++) {
        must_trace("CONT", PTRACE_CONT, child, 0, 0);
        wait_and_show("breakpoint", child);
        registers regs = get_registers(child);
        step("place", "%s", regs.REG_PC == address + after ? "the breakpoint" : "elsewhere");
        step("argument", "%d", (int)REG_ARGUMENT0(regs));
        regs.REG_PC = address;
        set_registers(child, regs);
        must_trace("POKETEXT", PTRACE_POKETEXT, child, address, code);
        must_trace("SINGLESTEP", PTRACE_SINGLESTEP, child, 0, 0);
        wait_and_show("over it", child);
        must_trace("POKETEXT", PTRACE_POKETEXT, child, address, trap);
    }
    must_trace("PEEKTEXT", PTRACE_PEEKTEXT, child, address, (uintptr_t)&now);
    step("still there", "%s", now == trap ? "yes" : "no");
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    wait_and_show("end", child);
    contract_pass();
}
