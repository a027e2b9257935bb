/* Contract: arithmetic leaves the exceptions that it met as flags, which stay until they are
 * cleared: those of each task its own, inherited by its children, kept when others run or a
 * handler computes, and told to the handler.
 * Source: fenv(3), fork(2), signal(7). */
#include "../contract.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <ucontext.h>

enum { INVALID = 1, DIVIDE = 2, OVERFLOWS = 4, UNDERFLOWS = 8, INEXACT = 16, ALL = 31 };

/* Operands that the compiler cannot see through. */
static volatile double zero = 0, one = 1, three = 3, huge = 1e308, tiny = 3e-308;
static volatile float fzero = 0, fone = 1, fthree = 3, fhuge = 1e38f, ftiny = 2e-38f;
static volatile double result;
static volatile float fresult;
static volatile long integer;
static volatile unsigned seen;

#if defined __x86_64__
/* MXCSR: between invalid and divide there is a flag that only x86 has. */
static unsigned from_register(unsigned long word)
{
    return (unsigned)((word & 1) | (word >> 1 & 30));
}

static unsigned flags(void)
{
    unsigned word;
    __asm__ volatile("stmxcsr %0" : "=m"(word));
    return from_register(word);
}

static void set_flags(unsigned flags)
{
    unsigned word = 0x1f80 | (flags & 1) | (flags & 30) << 1;
    __asm__ volatile("ldmxcsr %0" : : "m"(word));
}

static unsigned *saved_register(ucontext_t *context)
{
    return (unsigned *)context->uc_mcontext.fpregs + 6;
}
#elif defined __aarch64__
static unsigned from_register(unsigned long word)
{
    return (unsigned)(word & 31);
}

static unsigned flags(void)
{
    unsigned long word;
    __asm__ volatile("mrs %0, fpsr" : "=r"(word));
    return from_register(word);
}

static void set_flags(unsigned flags)
{
    unsigned long word = flags;
    __asm__ volatile("msr fpsr, %0" : : "r"(word));
}

static unsigned *saved_register(ucontext_t *context)
{
    unsigned *record = (unsigned *)context->uc_mcontext.__reserved;
    while (*record != 0x46508001 && *record != 0)
        record += record[1] / sizeof *record;
    if (*record == 0)
        contract_fail("frame", "no floating-point record");
    return record + 2;
}
#endif

static void show(const char *what, unsigned flags)
{
    step(what, "%s%s%s%s%s%s", flags & INVALID ? "invalid " : "",
         flags & DIVIDE ? "divide " : "", flags & OVERFLOWS ? "overflow " : "",
         flags & UNDERFLOWS ? "underflow " : "", flags & INEXACT ? "inexact " : "",
         flags ? "" : "none");
}

/* What one operation leaves, of each type. */
#define TRY(what, operation, foperation)          \
    do {                                          \
        unsigned after, fafter;                   \
        set_flags(0);                             \
        result = operation;                       \
        after = flags();                          \
        set_flags(0);                             \
        fresult = foperation;                     \
        fafter = flags();                         \
        show(what " of doubles", after);          \
        show(what " of floats", fafter);          \
    } while (0)

static void kinds(void)
{
    TRY("1 / 1", one / one, fone / fone);
    TRY("1 / 3", one / three, fone / fthree);
    TRY("1 / 0", one / zero, fone / fzero);
    TRY("0 / 0", zero / zero, fzero / fzero);
    TRY("huge * huge", huge * huge, fhuge * fhuge);
    TRY("tiny * tiny", tiny * tiny, ftiny * ftiny);
    TRY("tiny / 3", tiny / three, ftiny / fthree);
    TRY("huge + 1", huge + one, fhuge + fone);
    set_flags(0);
    fresult = (float)huge;
    show("huge as a float", flags());
    set_flags(0);
    integer = (long)huge;
    show("huge as an integer", flags());
    set_flags(0);
    integer = (long)(one / three);
    show("1 / 3 as an integer", flags());
}

static void accumulation(void)
{
    set_flags(0);
    result = one / zero;
    result = one / three;
    show("1 / 0, then 1 / 3", flags());
    result = one + one;
    show("then 1 + 1", flags());
    set_flags(flags() & ~DIVIDE);
    show("one cleared", flags());
    set_flags(0);
    show("all cleared", flags());
    for (unsigned flag = 1; flag < ALL; flag <<= 1) {
        set_flags(flag);
        result = one + one;
        show("set", flags());
    }
}

static void children(void)
{
    int status;
    set_flags(0);
    result = one / zero;
    pid_t child = fork();
    if (child == 0) {
        unsigned inherited = flags();
        result = zero / zero;
        _exit(inherited == DIVIDE ? (int)flags() : 64);
    }
    expect(waitpid(child, &status, 0) == child, "waitpid");
    unsigned after = flags();
    expect(WIFEXITED(status) && WEXITSTATUS(status) < 64, "a child begins with its parent's");
    show("a child computes", (unsigned)WEXITSTATUS(status));
    show("its parent", after);
}

static volatile int turn;

static void *other(void *unused)
{
    (void)unused;
    seen = flags();
    set_flags(0);
    result = zero / zero;
    for (int i = 0; i < 10; i++) {
        while (turn != 1)
            sched_yield();
        seen |= flags() << 8;
        turn = 0;
    }
    return NULL;
}

static void threads(void)
{
    pthread_t thread;
    unsigned mine = 0;
    set_flags(0);
    result = one / zero;
    turn = 1;
    expect(pthread_create(&thread, NULL, other, NULL) == 0, "pthread_create");
    for (int i = 0; i < 10; i++) {
        while (turn != 0)
            sched_yield();
        mine |= flags();
        turn = 1;
    }
    expect(pthread_join(thread, NULL) == 0, "pthread_join");
    show("a thread begins with", seen & ALL);
    show("computes", seen >> 8);
    show("beside", mine);
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)info;
    unsigned *saved = saved_register(context);
    seen = from_register(*saved);
    set_flags(0);
    result = zero / zero;
    fresult = fone / fthree;
    seen |= flags() << 8;
    if (turn == 2)
        *saved &= ~(unsigned)0x3f;
}

static void handlers(void)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
    for (turn = 1; turn <= 2; turn++) {
        set_flags(0);
        result = one / zero;
        expect(raise(SIGUSR1) == 0, "raise");
        unsigned after = flags();
        show("told to a handler", seen & ALL);
        show("which computes", seen >> 8);
        show(turn == 2 ? "and clears what it was told" : "and returns", after);
    }
}

int main(void)
{
    kinds();
    accumulation();
    children();
    threads();
    handlers();
    contract_pass();
}
