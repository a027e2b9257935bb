/* Contract: close_range closes or marks every descriptor of a range, open or not; UNSHARE first
 * gives the caller a table of its own when it shares one.
 * close_range(2); fs/file.c:__close_range(). */
#include "../contract.h"
#include <sched.h>
#include <sys/mman.h>

static void open_ones(const char *name)
{
    char text[64] = "";
    for (int fd = 3; fd < 16; fd++) {
        int flags = fcntl(fd, F_GETFD);
        snprintf(text + strlen(text), 8, "%s", flags < 0 ? "-" : flags ? "x" : "o");
    }
    step(name, "%s", text);
}

static void refill(void)
{
    for (int fd = 3; fd < 16; fd++)
        expect(dup2(0, fd) == fd, "dup2");
}

static int child(void *argument)
{
    return syscall(SYS_close_range, 5, 7, *(int *)argument) != 0;
}

static void in_child(const char *name, int flags)
{
    static char stack[65536] __attribute__((aligned(16)));
    refill();
    pid_t pid = clone(child, stack + sizeof stack, CLONE_FILES | CLONE_VM | SIGCHLD, &flags);
    wait_for_success(pid);
    open_ones(name);
}

int main(void)
{
    refill();
    step_result("6 to 9", syscall(SYS_close_range, 6, 9, 0));
    open_ones("now");
    step_result("again", syscall(SYS_close_range, 6, 9, 0));
    step_result("CLOEXEC over a gap", syscall(SYS_close_range, 5, 11, 4));
    open_ones("now");
    expect(dup2(0, 7) == 7, "dup2");
    open_ones("a number in the gap is not marked");
    step_result("one", syscall(SYS_close_range, 13, 13, 0));
    step_result("to the end", syscall(SYS_close_range, 12, ~0U, 0));
    open_ones("now");
    step_result("beyond all", syscall(SYS_close_range, 1000, ~0U, 0));
    step_result("CLOEXEC beyond all", syscall(SYS_close_range, 1000, ~0U, 4));
    expect_errno(syscall(SYS_close_range, 9, 8, 0), EINVAL, "last before first");
    expect_errno(syscall(SYS_close_range, 3, 8, 1), EINVAL, "an unknown flag");
    expect_errno(syscall(SYS_close_range, -1, 0, 0), EINVAL, "-1 is the largest");
    open_ones("errors close nothing");
    in_child("a shared table is the parent's too", 0);
    in_child("unless unshared", 2);
    in_child("nor marked when unshared", 2 | 4);
    step_result("UNSHARE | CLOEXEC alone", syscall(SYS_close_range, 14, 15, 2 | 4));
    open_ones("marked");
    contract_pass();
}
