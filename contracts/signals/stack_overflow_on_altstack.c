/* Contract: running out of stack is a SIGSEGV that a handler on the alternate stack survives,
 * more than once; without an alternate stack the process dies of it.
 * Source: sigaltstack(2), kernel/signal.c:force_sigsegv. */
#include "../contract.h"
#include <setjmp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static sigjmp_buf out;
static char memory[65536];

static void on_fault(int signal)
{
    (void)signal;
    siglongjmp(out, 1);
}

static int dig(int depth)
{
    volatile char space[4096];
    space[depth % 4096] = 1;
    return depth == -1 ? 0 : dig(depth + 1) + space[0];
}

int main(void)
{
    struct rlimit small = {512 * 1024, 512 * 1024}, no_core = {0, 0};
    expect(setrlimit(RLIMIT_CORE, &no_core) == 0, "RLIMIT_CORE");
    expect(setrlimit(RLIMIT_STACK, &small) == 0, "RLIMIT_STACK");
    struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_ONSTACK};
    expect(sigaction(SIGSEGV, &action, NULL) == 0, "sigaction");

    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0)
        _exit(dig(0));
    int status;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("without alternate stack killed by", "%d", WIFSIGNALED(status) ? WTERMSIG(status) : 0);

    stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory};
    expect(sigaltstack(&stack, NULL) == 0, "sigaltstack");
    for (volatile int i = 1; i <= 3; i++) {
        if (sigsetjmp(out, 1) == 0)
            step("never", "%d", dig(0));
        else
            step("survived", "%d", i);
    }
    contract_pass();
}
