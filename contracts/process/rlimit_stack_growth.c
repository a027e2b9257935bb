/* Contract: RLIMIT_STACK is looked at when the stack grows: a program that lowers it dies of
 * SIGSEGV where it would have lived.
 * Source: getrlimit(2), mm/mmap.c:acct_stack_growth. */
#include "../contract.h"
#include <sys/resource.h>
#include <sys/wait.h>

static int dig(int depth)
{
    volatile char space[4096];
    space[0] = (char)depth;
    return depth == 0 ? 0 : dig(depth - 1) + (space[0] != (char)depth);
}

static void run(const char *name, rlim_t size)
{
    int status;
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        struct rlimit limit;
        expect(getrlimit(RLIMIT_STACK, &limit) == 0, "getrlimit");
        limit.rlim_cur = size;
        expect(setrlimit(RLIMIT_STACK, &limit) == 0, "setrlimit");
        _exit(dig(256)); /* a little more than 1 MiB */
    }
    expect(waitpid(child, &status, 0) == child, "waitpid");
    if (WIFSIGNALED(status))
        step(name, "killed by %d", WTERMSIG(status));
    else
        step(name, "exit %d", WEXITSTATUS(status));
}

int main(void)
{
    struct rlimit no_core = {0, 0};
    expect(setrlimit(RLIMIT_CORE, &no_core) == 0, "RLIMIT_CORE");
    run("4 MiB", 4 << 20);
    run("512 KiB", 512 << 10);
    run("4 MiB", 4 << 20);
    contract_pass();
}
