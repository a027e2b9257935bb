/* Contract: what a filter computes: 32-bit arithmetic, shifts by X modulo 32, unsigned
 * comparisons, memory, both registers zero at first, division by zero ends it with 0.
 * Source: seccomp(2), Documentation/networking/filter.rst. */
#include "../seccomp.h"

#define ALU(op, k) BPF_STMT(BPF_ALU | (op) | BPF_K, (k))
#define ALUX(op) BPF_STMT(BPF_ALU | (op) | BPF_X, 0)
#define SET(k) BPF_STMT(BPF_LD | BPF_IMM, (k))
#define SETX(k) BPF_STMT(BPF_LDX | BPF_IMM, (k))
#define TAKE(what, ...)                                                              \
    do {                                                                             \
        struct sock_filter code[] = {                                                \
            LOAD(nr), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_dup3, 1, 0),           \
            RETURN(SECCOMP_RET_ALLOW), SET(0), __VA_ARGS__,                          \
            BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xfff),                              \
            BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO),                   \
            BPF_STMT(BPF_RET | BPF_A, 0)};                                           \
        take(what, code, LENGTH(code));                                              \
    } while (0)
/* If the comparison holds 1, else 2. */
#define COMPARE(op, k) BPF_JUMP(BPF_JMP | (op), (k), 0, 2), SET(1),                  \
    BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0), SET(2)

static void take(const char *what, struct sock_filter *code, unsigned length)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        expect(set_filter(0, code, length) == 0, what);
        long got = syscall(SYS_dup3, 0xdeadbeef00000123L, 0x44L, -1L);
        step(what, "%d", got == -1 ? errno : (int)got);
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child, what);
    if (status)
        step(what, "killed by signal %d", WTERMSIG(status));
}

int main(void)
{
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    TAKE("low half", BPF_STMT(BPF_LD | BPF_W | BPF_ABS, DATA(args[0])));
    TAKE("high half", BPF_STMT(BPF_LD | BPF_W | BPF_ABS, DATA(args[0]) + 4), ALU(BPF_RSH, 20));
    TAKE("second", LOAD(args[1]));
    TAKE("third", LOAD(args[2]));
    TAKE("length", BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0));
    TAKE("length in X", BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0), BPF_STMT(BPF_MISC | BPF_TXA, 0));
    TAKE("X is zero", BPF_STMT(BPF_MISC | BPF_TXA, 0));
    TAKE("A to X", SET(9), BPF_STMT(BPF_MISC | BPF_TAX, 0), ALUX(BPF_MUL));
    TAKE("add wraps", SET(0xffffffff), ALU(BPF_ADD, 6));
    TAKE("subtract wraps", SET(1), ALU(BPF_SUB, 3), ALU(BPF_RSH, 24));
    TAKE("multiply wraps", SET(0x10001), ALU(BPF_MUL, 0x10003), ALU(BPF_RSH, 0));
    TAKE("divide is unsigned", SET(0xfffffff0), ALU(BPF_DIV, 0x1000000));
    TAKE("divide by X", SET(100), SETX(7), ALUX(BPF_DIV));
    TAKE("divide by X of zero", SET(100), SETX(0), ALUX(BPF_DIV));
    TAKE("and, or, xor", SET(0xf0f), ALU(BPF_AND, 0xff), ALU(BPF_OR, 0x30), ALU(BPF_XOR, 0x1));
    TAKE("negate", SET(5), BPF_STMT(BPF_ALU | BPF_NEG, 0));
    TAKE("shift left by X of 33", SET(5), SETX(33), ALUX(BPF_LSH));
    TAKE("shift right by X of 34", SET(64), SETX(34), ALUX(BPF_RSH));
    TAKE("shift right is logical", SET(0x80000000), ALU(BPF_RSH, 28));
    TAKE("memory", SET(11), BPF_STMT(BPF_ST, 2), SET(0), BPF_STMT(BPF_LDX | BPF_MEM, 2),
         BPF_STMT(BPF_STX, 5), BPF_STMT(BPF_LD | BPF_MEM, 5), ALUX(BPF_ADD));
    TAKE("greater is unsigned", SET(0xffffffff), COMPARE(BPF_JGT | BPF_K, 1));
    TAKE("greater than itself", SET(3), COMPARE(BPF_JGT | BPF_K, 3));
    TAKE("not less than itself", SET(3), COMPARE(BPF_JGE | BPF_K, 3));
    TAKE("equal to X", SET(3), SETX(3), COMPARE(BPF_JEQ | BPF_X, 0));
    TAKE("less than X", SET(3), SETX(4), COMPARE(BPF_JGE | BPF_X, 0));
    TAKE("bits in common", SET(6), COMPARE(BPF_JSET | BPF_K, 12));
    TAKE("no bits in common", SET(6), COMPARE(BPF_JSET | BPF_K, 9));
    contract_pass();
}
