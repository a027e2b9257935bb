/* Contract: what clone, unshare and setns refuse about PID namespaces: threads in another one, a second
 * one for children, an ancestor's, and everything without CAP_SYS_ADMIN.
 * Requires: root, CAP_SYS_ADMIN
 * Source: pid_namespaces(7), clone(2), setns(2); kernel/fork.c:copy_process, kernel/pid_namespace.c. */
#include "pidns.h"
#include <stdint.h>

static char stack[16384] __attribute__((aligned(16)));

static long thread(unsigned long flags)
{
    return syscall(SYS_clone, flags, stack + sizeof stack, 0, 0, 0);
}

static void combinations(void)
{
    unsigned long all = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
    expect_errno(thread(CLONE_NEWPID | all), EINVAL, "a thread in a new namespace");
    expect_errno(thread(CLONE_NEWPID | CLONE_SIGHAND | SIGCHLD), EINVAL, "handlers without memory");
    int before = open("/proc/self/ns/pid", O_RDONLY);
    int same = open("/proc/self/ns/pid_for_children", O_RDONLY);
    struct stat one, other;
    fstat(before, &one);
    fstat(same, &other);
    step("for children at first", "%s", one.st_ino == other.st_ino ? "the same" : "another");
    step_result("unshare", unshare(CLONE_NEWPID));
    expect_errno(open("/proc/self/ns/pid_for_children", O_RDONLY), ENOENT, "for children, no init");
    fstat(before, &one);
    expect(stat("/proc/self/ns/pid", &other) == 0, "stat");
    step("own", "%s", one.st_ino == other.st_ino ? "the same" : "another");
    expect_errno(unshare(CLONE_NEWPID), EINVAL, "unshare again");
    expect_errno(thread(all), EINVAL, "a thread");
    expect_errno(syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0), EINVAL, "clone of another");
    pid_t child = must_fork();
    if (child == 0) {
        step("first child", "%d", getpid());
        expect_errno(syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0), EINVAL,
                     "a sibling of init");
        expect_errno(setns(before, CLONE_NEWPID), EINVAL, "to the namespace above");
        expect_errno(setns(before, CLONE_NEWNET), EINVAL, "as another kind");
        int own = open("/proc/self/ns/pid", O_RDONLY);
        step("own through an outer proc", "%s", own >= 0 ? "opened" : errno_name(errno));
        _exit(0);
    }
    step_end("init", child);
    expect_errno(fork(), ENOMEM, "fork when init is gone");
    step_result("back", setns(before, CLONE_NEWPID));
    child = must_fork();
    if (child == 0)
        _exit(4);
    step_end("a child", child);
}

static void privilege(void)
{
    expect(setresuid(65534, 65534, 65534) == 0, "setresuid");
    int own = open("/proc/self/ns/pid", O_RDONLY);
    expect_errno(unshare(CLONE_NEWPID), EPERM, "unshare as a user");
    expect_errno(syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0), EPERM, "clone as a user");
    if (own >= 0)
        expect_errno(setns(own, CLONE_NEWPID), EPERM, "setns as a user");
}

static void in_child(void (*run)(void))
{
    pid_t child = must_fork();
    if (child == 0) {
        run();
        _exit(0);
    }
    step_end("done", child);
}

int main(void)
{
    in_child(combinations);
    in_child(privilege);
    contract_pass();
}
