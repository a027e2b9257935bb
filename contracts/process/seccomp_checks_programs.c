/* Contract: a filter that could leave its bounds, does not end in a return, reads memory that it
 * has not written, or uses an instruction that seccomp does not allow is EINVAL.
 * Source: net/core/filter.c:bpf_check_classic(), kernel/seccomp.c:seccomp_check_filter(). */
#include "../seccomp.h"

#define TRY(name, ...)                                                               \
    do {                                                                             \
        struct sock_filter code[] = {__VA_ARGS__};                                   \
        try(name, code, LENGTH(code));                                               \
    } while (0)
#define ALLOW RETURN(SECCOMP_RET_ALLOW)

static void try(const char *name, struct sock_filter *code, unsigned length)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        errno = 0;
        step_result(name, set_filter(0, code, length));
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child && status == 0, name);
}

int main(void)
{
    static struct sock_filter many[4097];
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    TRY("allow", ALLOW);
    TRY("return A", BPF_STMT(BPF_LD | BPF_IMM, SECCOMP_RET_ALLOW), BPF_STMT(BPF_RET | BPF_A, 0));
    TRY("return X", BPF_STMT(BPF_RET | BPF_X, 0));
    TRY("no return", BPF_STMT(BPF_LD | BPF_IMM, 0));
    TRY("return, then not", ALLOW, BPF_STMT(BPF_LD | BPF_IMM, 0));
    TRY("load the last word", BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 60), ALLOW);
    TRY("load past the end", BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), ALLOW);
    TRY("load unaligned", BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), ALLOW);
    TRY("load half a word", BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0), ALLOW);
    TRY("load a byte", BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), ALLOW);
    TRY("load indirect", BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0), ALLOW);
    TRY("load the length", BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), ALLOW);
    TRY("load the length to X", BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0), ALLOW);
    TRY("load a header length", BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), ALLOW);
    TRY("load memory not stored", BPF_STMT(BPF_LD | BPF_MEM, 3), ALLOW);
    TRY("load memory stored", BPF_STMT(BPF_ST, 3), BPF_STMT(BPF_LD | BPF_MEM, 3), ALLOW);
    TRY("load X stored by X", BPF_STMT(BPF_STX, 15), BPF_STMT(BPF_LDX | BPF_MEM, 15), ALLOW);
    TRY("store past memory", BPF_STMT(BPF_ST, 16), ALLOW);
    TRY("load memory stored on one way", BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
        BPF_STMT(BPF_ST, 0), BPF_STMT(BPF_LD | BPF_MEM, 0), ALLOW);
    TRY("load memory stored on both ways", BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 2),
        BPF_STMT(BPF_ST, 0), BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0), BPF_STMT(BPF_ST, 0),
        BPF_STMT(BPF_LD | BPF_MEM, 0), ALLOW);
    TRY("jump to the last", BPF_JUMP(BPF_JMP | BPF_JA, 0, 0, 0), ALLOW);
    TRY("jump past the end", BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0), ALLOW);
    TRY("jump far", BPF_JUMP(BPF_JMP | BPF_JA, 0xffffffff, 0, 0), ALLOW);
    TRY("jump if true past the end", BPF_JUMP(BPF_JMP | BPF_JGT | BPF_X, 0, 1, 0), ALLOW);
    TRY("jump if false past the end", BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0, 0, 1), ALLOW);
    TRY("divide by zero", BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), ALLOW);
    TRY("divide by X", BPF_STMT(BPF_LDX | BPF_IMM, 1), BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0), ALLOW);
    TRY("remainder", BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 3), ALLOW);
    TRY("shift by 31", BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 31), ALLOW);
    TRY("shift by 32", BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 32), ALLOW);
    TRY("exclusive or", BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0), ALLOW);
    TRY("an instruction that does not exist", BPF_STMT(0xffff, 0), ALLOW);
    for (unsigned i = 0; i < LENGTH(many); i++)
        many[i] = (struct sock_filter)ALLOW;
    try("no instruction", many, 0);
    try("4096 instructions", many, 4096);
    try("4097 instructions", many, 4097);
    try("instructions at NULL", NULL, 1);
    try("instructions nowhere", (void *)8, 1);
    expect_errno(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL), EFAULT, "NULL");
    expect_errno(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 64, NULL), EINVAL, "flags");
    expect_errno(set_filter(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_NEW_LISTENER, many, 1),
                 EINVAL, "TSYNC and a listener");
    expect_errno(set_filter(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, many, 1), EINVAL,
                 "WAIT_KILLABLE_RECV without a listener");
    step_result("log and spec_allow",
                set_filter(SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW, many, 1));
    contract_pass();
}
