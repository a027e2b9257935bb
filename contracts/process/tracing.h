/* What the contracts on ptrace(2) share: requests with their result, stops in words. */
#ifndef KEVLAR_TRACING_H
#define KEVLAR_TRACING_H

#include "../contract.h"
#include <elf.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

/* The call itself: PEEK requests give their word through `data`. */
static inline long trace(long request, pid_t pid, uintptr_t address, uintptr_t data)
{
    return syscall(SYS_ptrace, request, (long)pid, address, data);
}

/* A request that must work. */
static inline void must_trace(const char *name, long request, pid_t pid, uintptr_t address,
                              uintptr_t data)
{
    if (trace(request, pid, address, data) < 0)
        contract_fail(name, "%s", errno_name(errno));
}

/* Wait for `pid` and say what happened to it. */
static inline int wait_and_show(const char *name, pid_t pid)
{
    int status = 0;
    pid_t found = waitpid(pid, &status, __WALL);
    if (found < 0)
        step(name, "-1 %s", errno_name(errno));
    else if (WIFSTOPPED(status))
        step(name, "stopped by %d%s, event %d", WSTOPSIG(status) & 0x7f,
             WSTOPSIG(status) & 0x80 ? "|0x80" : "", status >> 16);
    else if (WIFCONTINUED(status))
        step(name, "continued");
    else if (WIFSIGNALED(status))
        step(name, "killed by %d", WTERMSIG(status));
    else
        step(name, "exited %d", WEXITSTATUS(status));
    return status;
}

/* The general registers, whatever the architecture. */
#if defined(__x86_64__)
#include <sys/user.h>
typedef struct user_regs_struct registers;
#define REG_RESULT rax
#define REG_PC rip
#define REG_SP rsp
#define REG_ARGUMENT0(regs) ((regs).rdi)
#define REG_NUMBER(regs) ((long)(regs).orig_rax)
#else
#include <asm/ptrace.h>
typedef struct user_pt_regs registers;
#define REG_RESULT regs[0]
#define REG_PC pc
#define REG_SP sp
#define REG_ARGUMENT0(regs_) ((regs_).regs[0])
#define REG_NUMBER(regs_) ((long)(regs_).regs[8])
#endif

static inline registers get_registers(pid_t pid)
{
    registers regs;
    struct iovec part = {&regs, sizeof regs};
    memset(&regs, 0, sizeof regs);
    must_trace("GETREGSET", PTRACE_GETREGSET, pid, NT_PRSTATUS, (uintptr_t)&part);
    expect(part.iov_len == sizeof regs, "size of NT_PRSTATUS");
    return regs;
}

static inline void set_registers(pid_t pid, registers regs)
{
    struct iovec part = {&regs, sizeof regs};
    must_trace("SETREGSET", PTRACE_SETREGSET, pid, NT_PRSTATUS, (uintptr_t)&part);
}

/* A child that is traced by us and has stopped itself. */
static inline pid_t traced_child(void (*body)(void))
{
    fflush(stdout);
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        if (trace(PTRACE_TRACEME, 0, 0, 0) < 0)
            _exit(99);
        raise(SIGSTOP);
        body();
        _exit(0);
    }
    int status = 0;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    expect(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP, "the child stops itself");
    return child;
}

/* A child that waits for ever and is not traced. */
static inline pid_t waiting_child(void)
{
    fflush(stdout);
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0)
        for (;;)
            pause();
    return child;
}

/* A line of /proc/PID/status. */
static inline void show_status_line(const char *name, pid_t pid, const char *key)
{
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    expect(file != NULL, "open status");
    while (fgets(line, sizeof line, file))
        if (!strncmp(line, key, strlen(key))) {
            line[strcspn(line, "\n")] = 0;
            step(name, "%s", line + strlen(key) + 1);
        }
    fclose(file);
}

#endif
