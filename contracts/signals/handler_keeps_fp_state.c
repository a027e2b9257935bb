/* Contract: a handler may use every floating-point register and rounding mode: the program it
 * interrupted finds its own again.
 * Source: signal(7), arch/x86/kernel/fpu/signal.c, arch/arm64/kernel/signal.c. */
#include "../contract.h"
#include <signal.h>

static volatile int ran;

/* Rounding: 0 nearest, 1 downward, 2 upward; where it stands differs. */
static int rounding(void)
{
#if defined __x86_64__
    unsigned control;
    __asm__ volatile("stmxcsr %0" : "=m"(control));
    return control >> 13 & 3;
#elif defined __aarch64__
    unsigned long control;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    return (control >> 22 & 3) == 2 ? 1 : (control >> 22 & 3) == 1 ? 2 : (int)(control >> 22 & 3);
#endif
}

static void round_to(int mode)
{
#if defined __x86_64__
    unsigned control = 0x1f80 | (unsigned)mode << 13;
    __asm__ volatile("ldmxcsr %0" : : "m"(control));
#elif defined __aarch64__
    unsigned long control = (mode == 1 ? 2UL : mode == 2 ? 1UL : 0UL) << 22;
    __asm__ volatile("msr fpcr, %0" : : "r"(control));
#endif
}

static void on_signal(int signal)
{
    (void)signal;
    round_to(2);
#if defined __x86_64__
    __asm__ volatile("pxor %%xmm0, %%xmm0\n pxor %%xmm7, %%xmm7\n pxor %%xmm8, %%xmm8\n"
                     "pxor %%xmm15, %%xmm15" : : : "xmm0", "xmm7", "xmm8", "xmm15");
#elif defined __aarch64__
    __asm__ volatile("movi v0.2d, #0\n movi v7.2d, #0\n movi v8.2d, #0\n movi v31.2d, #0"
                     : : : "v0", "v7", "v8", "v31");
#endif
    ran++;
}

int main(void)
{
    expect(signal(SIGUSR1, on_signal) != SIG_ERR, "signal");
    double values[4] = {1.5, -2.25, 1e300, 0.125};
    long result, self = getpid();
    round_to(1);
#if defined __x86_64__
    __asm__ volatile("movsd (%4), %%xmm0\n movsd 8(%4), %%xmm7\n movsd 16(%4), %%xmm8\n"
                     "movsd 24(%4), %%xmm15\n syscall\n"
                     "movsd %%xmm15, (%4)\n movsd %%xmm8, 8(%4)\n movsd %%xmm7, 16(%4)\n"
                     "movsd %%xmm0, 24(%4)"
                     : "=a"(result)
                     : "0"((long)SYS_kill), "D"(self), "S"((long)SIGUSR1), "r"(values)
                     : "rcx", "r11", "xmm0", "xmm7", "xmm8", "xmm15", "memory");
#elif defined __aarch64__
    register long number __asm__("x8") = SYS_kill;
    register long first __asm__("x0") = self;
    register long second __asm__("x1") = SIGUSR1;
    __asm__ volatile("ldr d0, [%3]\n ldr d7, [%3, 8]\n ldr d8, [%3, 16]\n ldr d31, [%3, 24]\n"
                     "svc 0\n str d31, [%3]\n str d8, [%3, 8]\n str d7, [%3, 16]\n"
                     "str d0, [%3, 24]"
                     : "+r"(first) : "r"(second), "r"(number), "r"(values)
                     : "v0", "v7", "v8", "v31", "memory");
    result = first;
#endif
    int mode = rounding();
    round_to(0);
    step("kill", "%ld", result);
    step("handler ran", "%d", ran);
    step("registers", "%g %g %g %g", values[3], values[2], values[1], values[0]);
    step("rounding", "%s", mode == 0 ? "nearest" : mode == 1 ? "downward" : "upward");
    contract_pass();
}
