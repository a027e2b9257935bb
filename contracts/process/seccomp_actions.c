/* Contract: what each value that a filter may return does to the call. An error number is cut
 * at 4095; tracing and notifying fail with ENOSYS where nobody listens; an action that is not
 * known kills.
 * Source: seccomp(2); kernel/seccomp.c:__seccomp_filter(). */
#include "../seccomp.h"

static unsigned action;

static void make_the_call(void)
{
    filter_call(SYS_getppid, action);
    errno = 0;
    long result = syscall(SYS_getppid);
    if (result == -1)
        step("getppid", "-1, errno %d", errno);
    else
        step("getppid", "%s", result == 0 ? "0" : result > 0 ? "a pid" : "negative");
}

int main(void)
{
    static const struct {
        const char *name;
        unsigned action;
    } cases[] = {
        {"allow", SECCOMP_RET_ALLOW},
        {"allow with data", SECCOMP_RET_ALLOW | 5},
        {"log", SECCOMP_RET_LOG},
        {"trace", SECCOMP_RET_TRACE | 7},
        {"notify", SECCOMP_RET_USER_NOTIF},
        {"errno 0", SECCOMP_RET_ERRNO},
        {"errno EPERM", SECCOMP_RET_ERRNO | EPERM},
        {"errno 4095", SECCOMP_RET_ERRNO | 4095},
        {"errno 4096", SECCOMP_RET_ERRNO | 4096},
        {"errno 65535", SECCOMP_RET_ERRNO | 65535},
        {"trap", SECCOMP_RET_TRAP},
        {"kill thread", SECCOMP_RET_KILL_THREAD},
        {"kill process", SECCOMP_RET_KILL_PROCESS},
        {"unknown", 0x00010000U},
        {"unknown above allow", 0x7fff0000U + 0x10000U + 0x10000U},
    };
    for (unsigned i = 0; i < LENGTH(cases); i++) {
        action = cases[i].action;
        step_child(cases[i].name, make_the_call);
    }
    static const unsigned actions[] = {
        SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO,
        SECCOMP_RET_USER_NOTIF, SECCOMP_RET_TRACE, SECCOMP_RET_LOG, SECCOMP_RET_ALLOW,
        SECCOMP_RET_ALLOW | 1, 0x00010000U,
    };
    for (unsigned i = 0; i < LENGTH(actions); i++) {
        char name[32];
        snprintf(name, sizeof name, "available %#x", actions[i]);
        step_result(name, syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &actions[i]));
    }
    expect_errno(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 1, actions), EINVAL, "flags");
    expect_errno(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, 1L), EFAULT, "nowhere");
    contract_pass();
}
