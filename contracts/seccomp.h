/* What the contracts of seccomp(2) share: installing filters, and how a child under one ends. */
#ifndef KEVLAR_SECCOMP_H
#define KEVLAR_SECCOMP_H

#include "contract.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define DATA(field) ((unsigned)offsetof(struct seccomp_data, field))
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, DATA(field))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, (value))

/* seccomp(2) with SECCOMP_SET_MODE_FILTER, as it is. */
__attribute__((unused))
static long set_filter(unsigned flags, struct sock_filter *code, unsigned length)
{
    struct sock_fprog program = {.len = (unsigned short)length, .filter = code};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

/* Let `action` be what call `number` gets; all others are allowed. */
__attribute__((unused))
static void filter_call(int number, unsigned action)
{
    struct sock_filter code[] = {
        LOAD(nr),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
        RETURN(action),
        RETURN(SECCOMP_RET_ALLOW),
    };
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    expect(set_filter(0, code, LENGTH(code)) == 0, "filter");
}

/* Run `body` in a child and print how it ended. */
__attribute__((unused))
static void step_child(const char *name, void (*body)(void))
{
    int status = -1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        body();
        syscall(SYS_exit, 0);
    }
    expect(waitpid(child, &status, 0) == child, "waitpid");
    if (WIFSIGNALED(status))
        step(name, "killed by signal %d", WTERMSIG(status));
    else
        step(name, "exit status %d", WEXITSTATUS(status));
}

#endif
