/* Contract: with CLONE_VM and CLONE_VFORK the parent stands still until the child exits or
 * executes, and sees what the child wrote to memory.
 * Source: clone(2), vfork(2), kernel/fork.c:wait_for_vfork_done. */
#include "../contract.h"
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

static char stack[65536] __attribute__((aligned(16)));
static volatile int shared;
static int go[2];

static int exits(void *argument)
{
    (void)argument;
    usleep(20000);
    shared = 42;
    _exit(3);
}

static int executes(void *argument)
{
    char *arguments[] = {"contract", "child", NULL};
    (void)argument;
    shared = 43;
    dup2(go[0], 0);
    execv("/proc/self/exe", arguments);
    shared = 44;
    _exit(4);
}

int main(int argc, char **argv)
{
    int status;
    char byte = '-';
    if (argc == 2 && strcmp(argv[1], "child") == 0) {
        expect(read(0, &byte, 1) == 1, "read");
        step("the new program reads", "%c", byte);
        _exit(6);
    }
    expect(pipe(go) == 0, "pipe");
    pid_t child = clone(exits, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
    expect(child > 0, "clone");
    step("child exits: shared", "%d", shared);
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("status", "0x%x", status);

    child = clone(executes, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
    expect(child > 0, "clone");
    step("child executes: shared", "%d", shared);
    step_result("it still runs", waitpid(child, &status, WNOHANG));
    expect(write(go[1], "x", 1) == 1, "write");
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("status", "0x%x", status);
    contract_pass();
}
