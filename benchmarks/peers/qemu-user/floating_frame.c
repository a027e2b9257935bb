/* A handler changes a floating-point register in its frame. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

static void handler(int number, siginfo_t *info, void *context)
{
    ucontext_t *frame = context;
    double changed = 6.5;

    (void)number, (void)info;
#if defined __x86_64__
    memcpy(&frame->uc_mcontext.fpregs->_xmm[8], &changed, sizeof changed);
    frame->uc_mcontext.gregs[REG_RIP] += 2;
#else
    char *record = (char *)frame->uc_mcontext.__reserved;
    unsigned head[2];
    while (memcpy(head, record, sizeof head), head[0] != 0x46508001)
        record += head[1];
    memcpy(record + 16 + 8 * 16, &changed, sizeof changed);
    frame->uc_mcontext.pc += 4;
#endif
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    double value = 1.25;

    sigaction(SIGILL, &action, NULL);
#if defined __x86_64__
    __asm__ volatile("movsd %0, %%xmm8\n ud2\n movsd %%xmm8, %0" : "+m"(value) : : "xmm8");
#else
    __asm__ volatile("ldr d8, %0\n .inst 0\n str d8, %0" : "+m"(value) : : "v8");
#endif
    dprintf(1, "the register afterwards: %.2f\n", value);
    return 0;
}
