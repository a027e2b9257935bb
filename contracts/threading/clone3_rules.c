/* Contract: clone3 takes structures of every size from the first, wants what it does not know to
 * be zero, a stack with its size, and an exit signal for processes only. set_tid chooses the id.
 * Requires: root
 * Source: clone3(2); kernel/fork.c:copy_clone_args_from_user(). */
#include "threads.h"
#include <sched.h>
#include <stdint.h>

struct arguments {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
    uint64_t set_tid, set_tid_size, cgroup, beyond;
};

static void attempt(const char *name, struct arguments given, size_t size)
{
    errno = 0;
    long pid = syscall(SYS_clone3, &given, size);
    if (pid == 0)
        _exit(0);
    if (pid > 0)
        waitpid(pid, NULL, __WALL);
    step(name, "%s", pid > 0 ? "a child" : errno_name(errno));
}

int main(void)
{
    struct arguments plain = {.exit_signal = SIGCHLD};
    char stack[64];
    attempt("first size", plain, 64);
    attempt("second size", plain, 80);
    attempt("third size", plain, 88);
    attempt("a byte less", plain, 63);
    attempt("between", plain, 65);
    attempt("longer, zero", plain, 96);
    plain.beyond = 1;
    attempt("longer, not zero", plain, 96);
    attempt("longer than a page", plain, 4097);
    plain.beyond = 0;
    expect_errno(syscall(SYS_clone3, (void *)8, 64), EFAULT, "nowhere");
    attempt("an exit signal of 65", (struct arguments){.exit_signal = 65}, 64);
    attempt("no exit signal", (struct arguments){0}, 64);
    attempt("a signal in the flags", (struct arguments){.flags = SIGCHLD}, 64);
    attempt("CLONE_DETACHED", (struct arguments){.flags = CLONE_DETACHED}, 64);
    attempt("a flag that is not there", (struct arguments){.flags = 1ull << 40}, 64);
    attempt("a stack without size", (struct arguments){.stack = (uintptr_t)stack}, 64);
    attempt("a size without stack", (struct arguments){.stack_size = 64}, 64);
    attempt("a stack that is not there",
            (struct arguments){.stack = (uintptr_t)-4096, .stack_size = 64}, 64);
    attempt("a thread with an exit signal",
            (struct arguments){.flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, .exit_signal = 1},
            64);
    attempt("CLONE_PARENT with an exit signal",
            (struct arguments){.flags = CLONE_PARENT, .exit_signal = SIGCHLD}, 64);
    attempt("CLONE_SIGHAND and CLONE_CLEAR_SIGHAND",
            (struct arguments){.flags = CLONE_SIGHAND | CLONE_VM | 1ull << 32}, 64);
    attempt("CLONE_CLEAR_SIGHAND",
            (struct arguments){.flags = 1ull << 32, .exit_signal = SIGCHLD}, 64);

    pid_t free_id = fork(), got = 0;
    if (free_id == 0)
        _exit(0);
    wait_for_success(free_id);
    pid_t chosen[2] = {free_id, 0};
    struct arguments with = {.exit_signal = SIGCHLD, .set_tid = (uintptr_t)chosen,
                             .set_tid_size = 1};
    long pid = syscall(SYS_clone3, &with, sizeof with);
    if (pid == 0)
        _exit(getpid() == chosen[0] ? 0 : 1);
    expect(pid > 0, "set_tid");
    step("the id that was asked for", "%d", pid == chosen[0]);
    attempt("it is taken", with, 88);
    wait_for_success(pid);
    chosen[0] = 0;
    attempt("id 0", with, 88);
    chosen[0] = 1 << 30;
    attempt("an id too big", with, 88);
    with.set_tid_size = 0;
    attempt("ids without a count", with, 88);
    with.set_tid_size = 1, with.set_tid = 0;
    attempt("a count without ids", with, 88);
    with.set_tid_size = 33, with.set_tid = (uintptr_t)chosen;
    attempt("more than 32", with, 88);
    struct arguments tells = {.flags = CLONE_PARENT_SETTID, .exit_signal = SIGCHLD,
                              .parent_tid = (uintptr_t)&got};
    pid = syscall(SYS_clone3, &tells, 64);
    if (pid == 0)
        _exit(0);
    wait_for_success(pid);
    step("parent_tid", "%d", got == pid);
    contract_pass();
}
