/* Contract: with PTRACE_SYSCALL a tracee stops at the entry and at the exit of each system
 * call; PTRACE_O_TRACESYSGOOD marks these stops, PTRACE_GET_SYSCALL_INFO says which it is.
 * Source: ptrace(2), kernel/ptrace.c:ptrace_get_syscall_info. */
#include "tracing.h"
#include <linux/ptrace.h>
#define info_struct struct ptrace_syscall_info

static void body(void)
{
    syscall(SYS_getpid);
    syscall(SYS_close, -1);
    syscall(SYS_dup3, 100, 101, 0);
}

static void show_stop(pid_t child)
{
    info_struct info;
    memset(&info, 0xff, sizeof info);
    long size = trace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, (uintptr_t)&info);
    unsigned long message = 77;
    must_trace("GETEVENTMSG", PTRACE_GETEVENTMSG, child, 0, (uintptr_t)&message);
    siginfo_t signal;
    must_trace("GETSIGINFO", PTRACE_GETSIGINFO, child, 0, (uintptr_t)&signal);
    step("stop", "size %ld op %d message %lu si_code %#x", size, info.op, message,
         (unsigned)signal.si_code);
    registers regs = get_registers(child);
    step("position", "%s", info.instruction_pointer == regs.REG_PC &&
         info.stack_pointer == regs.REG_SP ? "as in the registers" : "elsewhere");
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        const char *name = info.entry.nr == SYS_getpid ? "getpid" :
            info.entry.nr == SYS_close ? "close" : info.entry.nr == SYS_dup3 ? "dup3" : "?";
        step("entry", "%s", name);
        if (info.entry.nr != SYS_getpid)
            step("argument", "%d", (int)info.entry.args[0]);
#ifdef __x86_64__
        expect((long)regs.rax == -ENOSYS, "rax at entry");
#endif
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
        step("exit", "%s, is_error %d", info.exit.rval == child ? "pid" :
             errno_name((int)-info.exit.rval), info.exit.is_error);
}

int main(void)
{
    pid_t child = traced_child(body);
    must_trace("SETOPTIONS", PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD);
    expect_errno(trace(PTRACE_SETOPTIONS, child, 0, 1 << 10), EINVAL, "unknown option");
    show_stop(child);
    /* The call in which it stopped itself is still to end. */
    must_trace("SYSCALL", PTRACE_SYSCALL, child, 0, 0);
    wait_and_show("first", child);
    info_struct info;
    memset(&info, 0, sizeof info);
    trace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, (uintptr_t)&info);
    while (info.op != PTRACE_SYSCALL_INFO_ENTRY || info.entry.nr != SYS_getpid) {
        int status;
        must_trace("SYSCALL", PTRACE_SYSCALL, child, 0, 0);
        expect(waitpid(child, &status, 0) == child && WIFSTOPPED(status), "waitpid");
        trace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, (uintptr_t)&info);
    }
    for (int stops = 0; stops < 6; stops++) {
        show_stop(child);
        must_trace("SYSCALL", PTRACE_SYSCALL, child, 0, 0);
        wait_and_show("next", child);
    }
    memset(&info, 0, sizeof info);
    step_result("short buffer", trace(PTRACE_GET_SYSCALL_INFO, child, 1, (uintptr_t)&info));
    step("what fitted", "op %d arch %u", info.op, info.arch);
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    wait_and_show("end", child);
    contract_pass();
}
