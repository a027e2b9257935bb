/* Contract: clone3's set_tid chooses numbers from the innermost namespace upwards; the first number in a
 * new namespace must be 1, and no number that is taken or beyond the levels is given.
 * Requires: root, CAP_SYS_ADMIN
 * Source: clone(2); kernel/pid.c:alloc_pid. */
#include "pidns.h"
#include <stdint.h>

struct arguments {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
        set_tid_size, cgroup;
};

static pid_t clone_as(uint64_t flags, int count, int first, int second, int third)
{
    pid_t numbers[40] = {first, second, third};
    struct arguments given = {.flags = flags, .exit_signal = SIGCHLD,
                              .set_tid = (uintptr_t)numbers, .set_tid_size = count};
    fflush(stdout);
    return syscall(SYS_clone3, &given, sizeof given);
}

static void refused(const char *name, uint64_t flags, int count, int first, int second)
{
    pid_t child = clone_as(flags, count, first, second, 1);
    if (child == 0)
        _exit(99);
    step(name, "%s", child < 0 ? errno_name(errno) : "a child");
    if (child > 0)
        waitpid(child, NULL, 0);
}

static void inside(void)
{
    step("init", "%d", getpid());
    refused("a number that is taken", 0, 1, 1, 0);
    refused("number 0", 0, 1, 0, 0);
    refused("a negative number", 0, 1, -4, 0);
    refused("beyond the greatest", 0, 1, 4194304, 0);
    refused("more than 32 numbers", 0, 33, 40, 0);
    refused("a first one that is not 1", CLONE_NEWPID, 1, 2, 0);
    pid_t child = clone_as(0, 1, 40, 0, 0);
    if (child == 0) {
        step("chosen", "%d", getpid());
        _exit(0);
    }
    step_end("40", child);
    step("chosen, says the parent", "%d", child);
    child = must_fork();
    if (child == 0)
        _exit(0);
    step("the next one is not counted from there", "%d", child);
    step_end("the next", child);
    child = clone_as(CLONE_NEWPID, 2, 1, 77, 0);
    if (child == 0) {
        step("chosen in two", "%d", getpid());
        _exit(0);
    }
    step_end("77", child);
    step("chosen in two, says the parent", "%d", child);
    child = clone_as(CLONE_NEWPID, 1, 1, 0, 0);
    if (child == 0)
        _exit(0);
    step("chosen in one", "%d", child);
    step_end("its init", child);
    expect(setresuid(65534, 65534, 65534) == 0, "setresuid");
    refused("as a user", 0, 1, 50, 0);
    refused("nonsense as a user", 0, 1, -1, 0);
}

int main(void)
{
    pid_t child = fork_into_namespace(0);
    if (child == 0) {
        inside();
        _exit(0);
    }
    step_end("namespace", child);
    child = fork_into_namespace(0);
    if (child == 0) {
        refused("two numbers, the second taken", CLONE_NEWPID, 2, 1, 1);
        _exit(0);
    }
    step_end("namespace", child);
    contract_pass();
}
