/* Contract: the frame of a fault holds the interrupted integer registers and program counter;
 * what the handler writes there is what the program goes on with.
 * Source: sigreturn(2), arch/x86/kernel/signal_64.c, arch/arm64/kernel/signal.c. */
#include "../contract.h"
#include <signal.h>
#include <ucontext.h>

static volatile unsigned long seen[2];

static void on_illegal(int signal, siginfo_t *info, void *context)
{
    ucontext_t *frame = context;
    (void)signal, (void)info;
#if defined __x86_64__
    seen[0] = (unsigned long)frame->uc_mcontext.gregs[REG_RBX];
    seen[1] = (unsigned long)frame->uc_mcontext.gregs[REG_R12];
    frame->uc_mcontext.gregs[REG_RBX] = 0x1122334455667788;
    frame->uc_mcontext.gregs[REG_RIP] += 2;
#elif defined __aarch64__
    seen[0] = frame->uc_mcontext.regs[19];
    seen[1] = frame->uc_mcontext.regs[20];
    frame->uc_mcontext.regs[19] = 0x1122334455667788;
    frame->uc_mcontext.pc += 4;
#endif
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_illegal, .sa_flags = SA_SIGINFO};
    expect(sigaction(SIGILL, &action, NULL) == 0, "sigaction");
    unsigned long first = 0xfedcba9876543210, second = 0x0123456789abcdef;
#if defined __x86_64__
    __asm__ volatile("mov %0, %%rbx\n mov %1, %%r12\n ud2\n mov %%rbx, %0\n mov %%r12, %1"
                     : "+r"(first), "+r"(second) : : "rbx", "r12", "memory");
#elif defined __aarch64__
    __asm__ volatile("mov x19, %0\n mov x20, %1\n .inst 0\n mov %0, x19\n mov %1, x20"
                     : "+r"(first), "+r"(second) : : "x19", "x20", "memory");
#endif
    step("handler saw", "0x%lx 0x%lx", seen[0], seen[1]);
    step("program goes on with", "0x%lx 0x%lx", first, second);
    contract_pass();
}
