/* Contract: without CAP_SYS_NICE a process may make itself nicer but never back (EACCES;
 * nice gives EPERM), as far as RLIMIT_NICE does not allow it.
 * Source: setpriority(2), kernel/sys.c:set_one_prio. */
#include "../contract.h"
#include <sys/resource.h>
#include <sys/wait.h>

static long set(int which, int who, int nice)
{
    return syscall(SYS_setpriority, which, who, nice);
}

int main(void)
{
    struct rlimit limit = {0, 0};
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        expect(set(PRIO_PROCESS, 0, 10) == 0, "start");
        expect(setrlimit(RLIMIT_NICE, &limit) == 0, "RLIMIT_NICE");
        if (geteuid() == 0)
            expect(syscall(SYS_setresuid, 65534, 65534, 65534) == 0, "setresuid");
        step_result("same value", set(PRIO_PROCESS, 0, 10));
        step_result("nicer", set(PRIO_PROCESS, 0, 11));
        expect_errno(set(PRIO_PROCESS, 0, 10), EACCES, "back");
        expect_errno(set(PRIO_PROCESS, 0, -5), EACCES, "negative");
        expect_errno(nice(-1), EPERM, "nice(-1)");
        expect_errno(set(PRIO_PROCESS, 0x7fffffff, 15), ESRCH, "no such process");
        expect_errno(set(3, 0, 15), EINVAL, "unknown kind");
        expect_errno(syscall(SYS_getpriority, 3, 0), EINVAL, "get: unknown kind");
        expect_errno(syscall(SYS_getpriority, PRIO_PROCESS, 0x7fffffff), ESRCH, "get: nobody");
        step("nice", "%d", getpriority(PRIO_PROCESS, 0));
        _exit(0);
    }
    wait_for_success(child);
    contract_pass();
}
