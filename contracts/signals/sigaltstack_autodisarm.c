/* Contract: SS_AUTODISARM switches the alternate stack off while a handler runs on it, so that
 * it may be replaced there; the return from the handler puts the old setting back.
 * Source: sigaltstack(2), kernel/signal.c:sas_ss_reset. */
#include "../contract.h"
#include <signal.h>

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

static char memory[65536] __attribute__((aligned(16)));
static char other[65536];

static void show(const char *name)
{
    stack_t now = {0};
    expect(syscall(SYS_sigaltstack, NULL, &now) == 0, "query");
    step(name, "flags 0x%x, %s", (unsigned)now.ss_flags,
         now.ss_sp == memory ? "first" : now.ss_sp == other ? "other" : "none");
}

static void on_signal(int signal)
{
    char *stack = (char *)__builtin_frame_address(0);
    (void)signal;
    step("on the alternate stack", "%s",
         stack > memory && stack <= memory + sizeof memory ? "yes" : "no");
    show("in the handler");
    stack_t change = {.ss_sp = other, .ss_size = sizeof other};
    step_result("change", syscall(SYS_sigaltstack, &change, NULL));
    show("changed");
}

int main(void)
{
    stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory, .ss_flags = (int)SS_AUTODISARM};
    expect(syscall(SYS_sigaltstack, &stack, NULL) == 0, "sigaltstack");
    show("set");
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
    expect(kill(getpid(), SIGUSR1) == 0, "kill");
    show("after the handler");
    contract_pass();
}
