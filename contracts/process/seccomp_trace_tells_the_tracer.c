/* Contract: SECCOMP_RET_TRACE stops a tracee whose tracer asked for PTRACE_O_TRACESECCOMP before
 * the call; the tracer may change or skip it. Without such a tracer the call is ENOSYS.
 * seccomp(2), ptrace(2); kernel/seccomp.c:__seccomp_filter(). */
#include "../seccomp.h"
#include "tracing.h"

static void untraced(void)
{
    filter_call(SYS_getsid, SECCOMP_RET_TRACE | 7);
    expect_errno(syscall(SYS_getsid, 0), ENOSYS, "without a tracer");
}

static void body(void)
{
    filter_call(SYS_getsid, SECCOMP_RET_TRACE | 0x1234);
    long first = syscall(SYS_getsid, 0), second = syscall(SYS_getsid, 0);
    int error = errno;
    step("let through", "%d", first > 0);
    errno = error;
    step_result("skipped", second);
    step_result("another call in its place", syscall(SYS_getsid, 0));
}

static void set_call(pid_t child, int number, long result)
{
    registers regs = get_registers(child);
    regs.REG_RESULT = (unsigned long)result;
    set_registers(child, regs);
#ifdef __x86_64__
    must_trace("POKEUSER", PTRACE_POKEUSER, child, offsetof(struct user_regs_struct, orig_rax),
               (uintptr_t)(long)number);
#else
    struct iovec part = {&number, sizeof number};
    must_trace("SETREGSET", PTRACE_SETREGSET, child, NT_ARM_SYSTEM_CALL, (uintptr_t)&part);
#endif
}

int main(void)
{
    step_child("untraced", untraced);
    pid_t child = traced_child(body);
    must_trace("SETOPTIONS", PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESECCOMP);
    for (int stop = 1; stop <= 3; stop++) {
        unsigned long message = 0;
        must_trace("CONT", PTRACE_CONT, child, 0, 0);
        wait_and_show("stop", child);
        must_trace("GETEVENTMSG", PTRACE_GETEVENTMSG, child, 0, (uintptr_t)&message);
        step("data", "%lx", message);
        step("call", "%d", REG_NUMBER(get_registers(child)) == SYS_getsid);
        if (stop == 2)
            set_call(child, -1, -EDOM);
        if (stop == 3)
            set_call(child, SYS_fchdir, 0); /* of standard input: not a directory */
    }
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    wait_and_show("end", child);
    contract_pass();
}
