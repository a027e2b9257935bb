/* Contract: a PID namespace belongs to the user namespace that it was made in: who is root there enters
 * it, chooses its numbers and reboots it, without privilege outside.
 * Requires: root, userns
 * Source: pid_namespaces(7), user_namespaces(7), ioctl_nsfs(2). */
#include "pidns.h"
#include <linux/nsfs.h>
#include <linux/reboot.h>
#include <sys/ioctl.h>

static void inside(void)
{
    struct stat owner, own;
    step("init", "pid %d, parent %d", getpid(), getppid());
    int space = open("/proc/self/ns/pid", O_RDONLY), user = open("/proc/self/ns/user", O_RDONLY);
    expect(space >= 0 && user >= 0, "open");
    int found = ioctl(space, NS_GET_USERNS);
    expect(found >= 0 && fstat(found, &owner) == 0 && fstat(user, &own) == 0, "NS_GET_USERNS");
    step("belongs to this user namespace", "%d", owner.st_ino == own.st_ino);
    expect_errno(ioctl(space, NS_GET_PARENT), EPERM, "the one above");
    step_result("setns to its own", setns(space, CLONE_NEWPID));
    int last = open("/proc/sys/kernel/ns_last_pid", O_WRONLY);
    step_result("ns_last_pid", write(last, "70", 2));
    pid_t child = must_fork();
    if (child == 0)
        _exit(0);
    step("the next", "%d", child);
    step_end("the next", child);
    expect(getpid() == 1 && getppid() == 0, "a namespace of its own");
    syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_RESTART, NULL);
    _exit(9);
}

int main(void)
{
    expect(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0, "setresuid");
    expect_errno(unshare(CLONE_NEWPID), EPERM, "without a user namespace");
    step_result("with one", unshare(CLONE_NEWUSER | CLONE_NEWPID));
    pid_t child = must_fork();
    if (child == 0)
        inside();
    step_end("init", child);
    contract_pass();
}
