/* Contract: in strict mode a thread may read, write, exit and return from handlers; any other
 * call ends it as SIGKILL does. The mode cannot be left or changed.
 * Source: seccomp(2); kernel/seccomp.c:__secure_computing_strict(). */
#include "../seccomp.h"

static void allowed_calls(void)
{
    int ends[2];
    char byte = 0;
    expect(pipe(ends) == 0, "pipe");
    expect(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0, "strict");
    if (write(ends[1], "x", 1) != 1 || read(ends[0], &byte, 1) != 1 || byte != 'x')
        syscall(SYS_exit, 1);
    if (write(-1, "x", 1) != -1 || errno != EBADF)
        syscall(SYS_exit, 2);
    syscall(SYS_exit, 7);
}

static void by_seccomp(void)
{
    expect(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL) == 0, "strict");
    syscall(SYS_exit, 8);
}

static void another_call(void)
{
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    syscall(SYS_getpid);
}

static void unknown_call(void)
{
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    syscall(9999);
}

static void asking(void)
{
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    prctl(PR_GET_SECCOMP);
}

static void group_exit(void)
{
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    syscall(SYS_exit_group, 0);
}

static void after_a_filter(void)
{
    filter_call(SYS_getppid, SECCOMP_RET_ERRNO | EPERM);
    step_result("mode", prctl(PR_GET_SECCOMP));
    expect_errno(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT), EINVAL, "strict after a filter");
}

int main(void)
{
    step_result("mode", prctl(PR_GET_SECCOMP));
    expect_errno(prctl(PR_SET_SECCOMP, 0), EINVAL, "mode 0");
    expect_errno(prctl(PR_SET_SECCOMP, 3), EINVAL, "mode 3");
    expect_errno(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL), EINVAL, "flags");
    expect_errno(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, "x"), EINVAL, "an argument");
    expect_errno(syscall(SYS_seccomp, 4, 0, NULL), EINVAL, "another operation");
    step_child("allowed calls", allowed_calls);
    step_child("by seccomp(2)", by_seccomp);
    step_child("another call", another_call);
    step_child("a call that does not exist", unknown_call);
    step_child("asking for the mode", asking);
    step_child("exit_group", group_exit);
    step_child("after a filter", after_a_filter);
    contract_pass();
}
