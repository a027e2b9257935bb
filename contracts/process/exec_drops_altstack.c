/* Contract: the alternate signal stack does not outlive execve.
 * Source: sigaltstack(2), fs/exec.c:begin_new_exec. */
#include "../contract.h"
#include <signal.h>

static char memory[65536];

static void show(const char *name)
{
    stack_t now = {.ss_flags = 77};
    expect(syscall(SYS_sigaltstack, NULL, &now) == 0, "query");
    step(name, "flags %d size %zu, %s", now.ss_flags, now.ss_size,
         now.ss_sp == NULL ? "no memory" : "memory");
}

int main(int argc, char **argv)
{
    if (argc == 1) {
        stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory};
        expect(sigaltstack(&stack, NULL) == 0, "sigaltstack");
        show("before");
        char *arguments[] = {argv[0], "again", NULL};
        execv("/proc/self/exe", arguments);
        contract_fail("execv", "returned, errno %s", errno_name(errno));
    }
    show("after");
    contract_pass();
}
