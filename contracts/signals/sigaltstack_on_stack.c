/* Contract: SA_ONSTACK handlers run on the alternate stack, others do not; while on it the
 * stack says SS_ONSTACK and cannot be changed (EPERM); afterwards it can.
 * Source: sigaltstack(2), kernel/signal.c:do_sigaltstack. */
#include "../contract.h"
#include <signal.h>

static char memory[65536] __attribute__((aligned(16)));
static char other[65536];

static void on_signal(int signal)
{
    stack_t now = {0}, change = {.ss_sp = other, .ss_size = sizeof other};
    char *stack = (char *)__builtin_frame_address(0);
    step("handler", "%d", signal);
    step("on the alternate stack", "%s",
         stack > memory && stack <= memory + sizeof memory ? "yes" : "no");
    expect(syscall(SYS_sigaltstack, NULL, &now) == 0, "query");
    step("flags", "%d", now.ss_flags);
    step("place", "%s", now.ss_sp == memory ? "same" : "another");
    step("size", "%zu", now.ss_size);
    if (signal == SIGUSR1) {
        expect_errno(syscall(SYS_sigaltstack, &change, NULL), EPERM, "change");
        change.ss_flags = SS_DISABLE;
        expect_errno(syscall(SYS_sigaltstack, &change, NULL), EPERM, "disable");
    }
}

int main(void)
{
    stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory}, old = {.ss_flags = 77};
    expect(syscall(SYS_sigaltstack, NULL, &old) == 0, "query");
    step("at first", "flags %d size %zu, %s", old.ss_flags, old.ss_size,
         old.ss_sp == NULL ? "no memory" : "some memory");
    expect(syscall(SYS_sigaltstack, &stack, NULL) == 0, "sigaltstack");

    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "SIGUSR1");
    action.sa_flags = 0;
    expect(sigaction(SIGUSR2, &action, NULL) == 0, "SIGUSR2");
    expect(kill(getpid(), SIGUSR1) == 0, "kill");
    expect(kill(getpid(), SIGUSR2) == 0, "kill");

    stack = (stack_t){.ss_flags = SS_DISABLE};
    expect(syscall(SYS_sigaltstack, &stack, &old) == 0, "disable");
    step("old flags", "%d", old.ss_flags);
    expect(syscall(SYS_sigaltstack, NULL, &old) == 0, "query");
    step("afterwards", "flags %d", old.ss_flags);
    contract_pass();
}
