/* Contract: an exception that follows another is the one it is: a handler that jumps out of a
 * division by zero can be sent the next, and after a general protection fault likewise.
 * Requires: x86_64 */
#include "contract.h"
#include <setjmp.h>
#include <signal.h>

static sigjmp_buf back;
static volatile int signal_number, code;

static void handler(int number, siginfo_t *info, void *context)
{
    (void)context;
    signal_number = number;
    code = info->si_code;
    siglongjmp(back, 1);
}

static void divide(void)
{
    __asm__ volatile("xor %%edx, %%edx; xor %%ecx, %%ecx; mov $1, %%eax; div %%ecx"
                     : : : "eax", "ecx", "edx");
}

static void halt(void)
{
    __asm__ volatile("hlt");
}

static void undefined(void)
{
    __asm__ volatile("ud2");
}

int main(void)
{
    void (*const kinds[])(void) = {divide, divide, divide, halt, halt, divide, undefined, divide};
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGFPE, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGILL, &action, NULL);
    for (volatile unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!sigsetjmp(back, 1)) {
            kinds[i]();
            contract_fail("exception", "there was none");
        }
        step("exception", "%u: signal %d, code %d", i, signal_number, code);
    }
    contract_pass();
}
