/* Contract: clone refuses flags that make no sense together.
 * Source: clone(2) ERRORS; kernel/fork.c:copy_process(). */
#include "threads.h"
#include <sched.h>

static void refused(const char *name, unsigned long flags)
{
    errno = 0;
    long pid = syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
    if (pid == 0)
        _exit(0);
    if (pid > 0)
        waitpid(pid, NULL, __WALL);
    step(name, "%s", pid > 0 ? "a child" : errno_name(errno));
}

int main(void)
{
    fflush(stdout);
    refused("CLONE_THREAD alone", CLONE_THREAD);
    refused("CLONE_THREAD and CLONE_VM", CLONE_THREAD | CLONE_VM);
    refused("CLONE_SIGHAND alone", CLONE_SIGHAND);
    refused("CLONE_THREAD and CLONE_SIGHAND", CLONE_THREAD | CLONE_SIGHAND);
    refused("CLONE_FS and CLONE_NEWNS", CLONE_FS | CLONE_NEWNS);
    refused("CLONE_FS and CLONE_NEWUSER", CLONE_FS | CLONE_NEWUSER);
    refused("CLONE_NEWPID and CLONE_THREAD",
            CLONE_NEWPID | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM);
    refused("CLONE_NEWUSER and CLONE_THREAD",
            CLONE_NEWUSER | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM);
    refused("CLONE_NEWIPC and CLONE_SYSVSEM", CLONE_NEWIPC | CLONE_SYSVSEM);
    refused("CLONE_PIDFD and CLONE_PARENT_SETTID", CLONE_PIDFD | CLONE_PARENT_SETTID);
    refused("CLONE_PIDFD and CLONE_DETACHED", CLONE_PIDFD | CLONE_DETACHED);
    refused("nothing", SIGCHLD);
    refused("signal 255", 255);
    refused("CLONE_DETACHED", CLONE_DETACHED | SIGCHLD);
    refused("CLONE_FILES, CLONE_FS, CLONE_SYSVSEM", CLONE_FILES | CLONE_FS | CLONE_SYSVSEM | SIGCHLD);
    refused("CLONE_PARENT_SETTID to nowhere", CLONE_PARENT_SETTID | SIGCHLD);
    refused("CLONE_CHILD_SETTID to nowhere", CLONE_CHILD_SETTID | SIGCHLD);
    refused("unshare-like threads", CLONE_VM | CLONE_VFORK | SIGCHLD);
    expect_errno(unshare(CLONE_PIDFD), EINVAL, "unshare CLONE_PIDFD");
    expect_errno(unshare(CLONE_SETTLS), EINVAL, "unshare CLONE_SETTLS");
    step_result("unshare CLONE_THREAD of one", unshare(CLONE_THREAD));
    step_result("unshare CLONE_FILES, CLONE_FS", unshare(CLONE_FILES | CLONE_FS));
    step_result("unshare CLONE_SYSVSEM", unshare(CLONE_SYSVSEM));
    contract_pass();
}
