/* Contract: of several filters all run, and the action that takes precedence wins: kill process,
 * kill thread, trap, errno, notify, trace, log, allow. Of equal actions the newest filter's data
 * counts. A filter cannot be taken back by a later one.
 * Source: seccomp(2); kernel/seccomp.c:seccomp_run_filters(). */
#include "../seccomp.h"

static unsigned first, second, third;

static void make_the_call(void)
{
    filter_call(SYS_getppid, first);
    filter_call(SYS_getppid, second);
    if (third)
        filter_call(SYS_getppid, third);
    errno = 0;
    long result = syscall(SYS_getppid);
    if (result == -1)
        step("getppid", "-1, errno %d", errno);
    else
        step("getppid", "%s", result == 0 ? "0" : result > 0 ? "a pid" : "negative");
}

static void stack(const char *name, unsigned oldest, unsigned newer, unsigned newest)
{
    first = oldest;
    second = newer;
    third = newest;
    step_child(name, make_the_call);
}

int main(void)
{
    enum { E = SECCOMP_RET_ERRNO };
    stack("errno, allow", E | EPERM, SECCOMP_RET_ALLOW, 0);
    stack("allow, errno", SECCOMP_RET_ALLOW, E | EPERM, 0);
    stack("errno 1, errno 2", E | 1, E | 2, 0);
    stack("errno 2, errno 1", E | 2, E | 1, 0);
    stack("errno 3, allow, errno 5", E | 3, SECCOMP_RET_ALLOW, E | 5);
    stack("errno 3, errno 5, log", E | 3, E | 5, SECCOMP_RET_LOG);
    stack("trace, log", SECCOMP_RET_TRACE, SECCOMP_RET_LOG, 0);
    stack("log, trace, errno", SECCOMP_RET_LOG, SECCOMP_RET_TRACE, E | 3);
    stack("trap, errno", SECCOMP_RET_TRAP, E | 3, 0);
    stack("kill process, errno", SECCOMP_RET_KILL_PROCESS, E | 3, 0);
    stack("errno, kill process", E | 3, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ALLOW);
    stack("kill thread, trap", SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP, 0);
    contract_pass();
}
