/* Contract: siglongjmp out of a handler leaves the alternate stack, too: nothing but the stack pointer
 * says whether a thread is on it. With SS_AUTODISARM it stays off, as only the return from the handler
 * would put it back.
 * sigaltstack(2); include/linux/sched/signal.h:on_sig_stack(), sas_ss_reset(). */
#include "contract.h"

static char memory[65536] __attribute__((aligned(16)));
static sigjmp_buf back;

static int on_it(void)
{
    char here;
    return &here >= memory && &here < memory + sizeof memory;
}

static void show(const char *name)
{
    stack_t now;
    expect(sigaltstack(NULL, &now) == 0, "sigaltstack");
    step(name, "flags %#x, size %ld", (unsigned)now.ss_flags, (long)now.ss_size);
}

static void handler(int number)
{
    step("handler", "%d, %s", number, on_it() ? "on it" : "on the usual stack");
    show("in the handler");
    siglongjmp(back, 1);
}

static void set(unsigned flags)
{
    stack_t wanted = {.ss_sp = memory, .ss_size = sizeof memory, .ss_flags = (int)flags};
    step_result("sigaltstack", sigaltstack(&wanted, NULL));
}

static void overflow(volatile int *pointer)
{
    *pointer = 1;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    set(0);
    for (volatile int i = 0; i < 3; i++)
        if (sigsetjmp(back, 1) == 0)
            raise(SIGUSR1);
    show("after three times");
    for (volatile int i = 0; i < 2; i++)
        if (sigsetjmp(back, 1) == 0)
            overflow(NULL);
    show("after two faults");
    set(1U << 31);
    show("SS_AUTODISARM");
    if (sigsetjmp(back, 1) == 0)
        raise(SIGUSR1);
    show("after the jump");
    if (sigsetjmp(back, 1) == 0)
        raise(SIGUSR1);
    set(1U << 31);
    show("again");
    contract_pass();
}
