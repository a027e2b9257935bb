/* Contract: the frame holds the interrupted floating-point registers; a handler that changes
 * them there changes what the program goes on with, its neighbour register stays.
 * Source: sigreturn(2), arch/x86/kernel/fpu/signal.c, arch/arm64/kernel/signal.c. */
#include "../contract.h"
#include <signal.h>
#include <ucontext.h>

static volatile double seen;

static void on_illegal(int signal, siginfo_t *info, void *context)
{
    ucontext_t *frame = context;
    double value, changed = 6.5;
    (void)signal, (void)info;
#if defined __x86_64__
    void *place = &frame->uc_mcontext.fpregs->_xmm[8];
    frame->uc_mcontext.gregs[REG_RIP] += 2;
#elif defined __aarch64__
    char *record = (char *)frame->uc_mcontext.__reserved;
    unsigned head[2];
    while (memcpy(head, record, sizeof head), head[0] != 0x46508001 && head[0] != 0)
        record += head[1];
    if (head[0] == 0)
        contract_fail("frame", "no floating-point record");
    void *place = record + 16 + 8 * 16; /* magic, size, fpsr, fpcr; then 16 bytes a register */
    frame->uc_mcontext.pc += 4;
#endif
    memcpy(&value, place, sizeof value);
    seen = value;
    memcpy(place, &changed, sizeof changed);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_illegal, .sa_flags = SA_SIGINFO};
    expect(sigaction(SIGILL, &action, NULL) == 0, "sigaction");
    double first = 1.25, second = 2.75;
#if defined __x86_64__
    __asm__ volatile("movsd %0, %%xmm8\n movsd %1, %%xmm9\n ud2\n"
                     "movsd %%xmm8, %0\n movsd %%xmm9, %1"
                     : "+m"(first), "+m"(second) : : "xmm8", "xmm9", "memory");
#elif defined __aarch64__
    __asm__ volatile("ldr d8, %0\n ldr d9, %1\n .inst 0\n str d8, %0\n str d9, %1"
                     : "+m"(first), "+m"(second) : : "v8", "v9", "memory");
#endif
    step("handler saw", "%.2f", seen);
    step("program goes on with", "%.2f %.2f", first, second);
    contract_pass();
}
