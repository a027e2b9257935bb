/* Contract: a tracer that changes registers at the entry of a system call decides which call
 * is made and with what, and at its exit what the caller gets; number -1 makes none.
 * Source: ptrace(2), NOTES; kernel/entry/common.c. */
#include "tracing.h"
#include <stddef.h>

static long results[4];

static void body(void)
{
    results[0] = syscall(SYS_dup3, 100, 101, 0) == -1 ? -errno : 0;
    results[1] = syscall(SYS_getppid);
    results[2] = syscall(SYS_close, 77) == -1 ? -errno : 0;
    printf("dup3: %s\n", errno_name((int)-results[0]));
    printf("getppid: %ld\n", results[1]);
    printf("close: %s\n", errno_name((int)-results[2]));
    fflush(stdout);
}

static void set_number(pid_t child, int number)
{
#ifdef __x86_64__
    must_trace("POKEUSER", PTRACE_POKEUSER, child, offsetof(struct user_regs_struct, orig_rax),
               (uintptr_t)(long)number);
#else
    struct iovec part = {&number, sizeof number};
    must_trace("SETREGSET", PTRACE_SETREGSET, child, NT_ARM_SYSTEM_CALL, (uintptr_t)&part);
#endif
}

static void to_stop(pid_t child)
{
    int status;
    must_trace("SYSCALL", PTRACE_SYSCALL, child, 0, 0);
    expect(waitpid(child, &status, 0) == child && WIFSTOPPED(status), "waitpid");
    expect(WSTOPSIG(status) == (SIGTRAP | 0x80), "a system call stop");
}

static void to_entry(pid_t child, long number)
{
    do {
        to_stop(child);
    } while (REG_NUMBER(get_registers(child)) != number);
}

int main(void)
{
    pid_t child = traced_child(body);
    must_trace("SETOPTIONS", PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD);
    to_entry(child, SYS_dup3);
    set_number(child, SYS_fchdir); /* of standard input: not a directory */
    registers regs = get_registers(child);
    REG_ARGUMENT0(regs) = 0;
    set_registers(child, regs);
    to_stop(child);
    step("exit of another call", "%s", errno_name((int)-(long)get_registers(child).REG_RESULT));
    to_entry(child, SYS_getppid);
    to_stop(child);
    regs = get_registers(child);
    regs.REG_RESULT = 4711;
    set_registers(child, regs);
    to_entry(child, SYS_close);
    set_number(child, -1);
    regs = get_registers(child);
#ifndef __x86_64__
    regs.regs[0] = (unsigned long)-ENOSYS;
    set_registers(child, regs);
#endif
    to_stop(child);
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    wait_and_show("end", child);
    contract_pass();
}
