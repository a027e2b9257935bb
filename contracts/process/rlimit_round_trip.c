/* Contract: prlimit gives the old limit and sets the new; fork and execve keep it; soft above
 * hard and unknown resources are EINVAL, raising the hard limit without privilege is EPERM.
 * Source: prlimit(2), kernel/sys.c:do_prlimit. */
#include "../contract.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static long change(pid_t pid, unsigned resource, const struct rlimit *set, struct rlimit *old)
{
    return syscall(SYS_prlimit64, pid, resource, set, old);
}

static void show(const char *name)
{
    struct rlimit now;
    expect(change(0, RLIMIT_NOFILE, NULL, &now) == 0, "prlimit");
    step(name, "soft %ld hard %ld", (long)now.rlim_cur, (long)now.rlim_max);
}

int main(int argc, char **argv)
{
    if (argc == 2) {
        show("after execve");
        contract_pass();
    }
    struct rlimit set = {60, 90}, old;
    expect(change(0, RLIMIT_NOFILE, &set, NULL) == 0, "prlimit");
    show("set");
    set = (struct rlimit){50, 80};
    step_result("set and get", change(getpid(), RLIMIT_NOFILE, &set, &old));
    step("old", "soft %ld hard %ld", (long)old.rlim_cur, (long)old.rlim_max);
    show("set");
    set = (struct rlimit){81, 80};
    expect_errno(change(0, RLIMIT_NOFILE, &set, NULL), EINVAL, "soft above hard");
    expect_errno(change(0, 16, NULL, &old), EINVAL, "resource 16");
    expect_errno(change(0, ~0U, NULL, &old), EINVAL, "resource -1");
    expect_errno(change(0, RLIMIT_NOFILE, (void *)8, NULL), EFAULT, "bad new");
    expect_errno(change(0, RLIMIT_NOFILE, NULL, (void *)8), EFAULT, "bad old");
    step_result("neither new nor old", change(0, RLIMIT_NOFILE, NULL, NULL));

    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        show("child");
        if (geteuid() == 0)
            expect(syscall(SYS_setresuid, 65534, 65534, 65534) == 0, "setresuid");
        set = (struct rlimit){50, 81};
        expect_errno(change(0, RLIMIT_NOFILE, &set, NULL), EPERM, "raise the hard limit");
        set = (struct rlimit){80, 80};
        step_result("soft up to hard", change(0, RLIMIT_NOFILE, &set, NULL));
        set = (struct rlimit){1, 2};
        step_result("lower both", change(0, RLIMIT_NOFILE, &set, NULL));
        show("child");
        _exit(0);
    }
    wait_for_success(child);
    expect_errno(change(child, RLIMIT_NOFILE, NULL, &old), ESRCH, "of nobody");
    char *arguments[] = {argv[0], "again", NULL};
    execv("/proc/self/exe", arguments);
    contract_fail("execv", "returned, errno %s", errno_name(errno));
}
