/* Contract: one argument may have 131071 bytes before its end, not one more (E2BIG); all of
 * them together no more than a quarter of the stack limit.
 * Source: execve(2), fs/exec.c:valid_arg_len, bprm_stack_limits. */
#include "../contract.h"
#include <sys/resource.h>
#include <sys/wait.h>

static char text[140000];

static void run(const char *name, size_t length, int count)
{
    char *arguments[12] = {"zero"}, *environment[] = {NULL};
    memset(text, 'a', sizeof text - 1);
    text[length] = '\0';
    for (int i = 1; i <= count; i++)
        arguments[i] = text;
    step(name, "begins");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        execve("/proc/self/exe", arguments, environment);
        step("execve", "%s", errno_name(errno));
        _exit(1);
    }
    int status;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("status", "0x%x", status);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        step("argc", "%d, the last has %zu bytes", argc, strlen(argv[argc - 1]));
        _exit(0);
    }
    struct rlimit limit;
    expect(getrlimit(RLIMIT_STACK, &limit) == 0, "getrlimit");
    limit.rlim_cur = 1 << 20;
    expect(setrlimit(RLIMIT_STACK, &limit) == 0, "setrlimit");
    run("131071 bytes", 131071, 1);
    run("131072 bytes", 131072, 1);
    run("2 of 120000 with 1 MiB of stack", 120000, 2);
    run("3 of 120000 with 1 MiB of stack", 120000, 3);
    contract_pass();
}
