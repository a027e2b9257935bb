/* Contract: PR_MCE_KILL, PR_SET_IO_FLUSHER, PR_SET_MM and PR_GET_AUXV: what they check, keep and
 * give to children.
 * prctl(2); kernel/sys.c:prctl().
 * Requires: Linux 6.4 */
#include "../contract.h"
#include <sys/auxv.h>

enum { MCE_KILL = 33, MCE_GET = 34, SET_MM = 35, SET_FLUSHER = 57, GET_FLUSHER = 58 };
#define GET_AUXV 0x41555856

static long call(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
    return syscall(SYS_prctl, (long)option, a, b, c, d);
}

int main(void)
{
    step_result("at first", call(MCE_GET, 0, 0, 0, 0));
    expect_errno(call(MCE_GET, 1, 0, 0, 0), EINVAL, "get with arg2");
    expect_errno(call(MCE_KILL, 0, 1, 0, 0), EINVAL, "clear with a policy");
    expect_errno(call(MCE_KILL, 1, 3, 0, 0), EINVAL, "an unknown policy");
    expect_errno(call(MCE_KILL, 2, 0, 0, 0), EINVAL, "an unknown operation");
    expect_errno(call(MCE_KILL, 1, 0, 1, 0), EINVAL, "set with arg4");
    step_result("early", call(MCE_KILL, 1, 1, 0, 0));
    step_result("it is", call(MCE_GET, 0, 0, 0, 0));
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        step_result("in a child", call(MCE_GET, 0, 0, 0, 0));
        _exit(0);
    }
    expect(waitpid(child, NULL, 0) == child, "waitpid");
    step_result("late", call(MCE_KILL, 1, 0, 0, 0));
    step_result("it is", call(MCE_GET, 0, 0, 0, 0));
    step_result("default", call(MCE_KILL, 1, 2, 0, 0));
    step_result("it is", call(MCE_GET, 0, 0, 0, 0));
    step_result("late", call(MCE_KILL, 1, 0, 0, 0));
    step_result("clear", call(MCE_KILL, 0, 0, 0, 0));
    step_result("it is", call(MCE_GET, 0, 0, 0, 0));

    unsigned long vector[80] = {0}, sized[4] = {1, 2, 3, 4};
    long size = call(GET_AUXV, (unsigned long)vector, sizeof vector, 0, 0);
    step("size of the vector", "%s", size > 0 && size % 16 == 0 ? "some pairs" : "odd");
    int ok = 0;
    for (int i = 0; i < size / 8; i += 2)
        ok += vector[i] == AT_PAGESZ && vector[i + 1] == getauxval(AT_PAGESZ);
    step("pages", "%d", ok);
    step("ends with", "%lu", vector[size / 8 - 2]);
    step("behind it", "%lu", vector[size / 8]);
    step("the same size", "%d", call(GET_AUXV, (unsigned long)sized, 8, 0, 0) == size);
    step("cut", "%d %lu", sized[0] == vector[0], sized[1]);
    expect_errno(call(GET_AUXV, (unsigned long)vector, 8, 1, 0), EINVAL, "arg4");
    expect_errno(call(GET_AUXV, 8, 8, 0, 0), EFAULT, "nowhere");
    expect(setuid(1) == 0, "setuid");
    vector[0] = 0;
    expect_errno(call(SET_FLUSHER, 1, 0, 0, 0), EPERM, "flusher without CAP_SYS_RESOURCE");
    expect_errno(call(GET_FLUSHER, 0, 0, 0, 0), EPERM, "get it");
    expect_errno(call(SET_MM, 1, 0, 0, 0), EPERM, "PR_SET_MM without CAP_SYS_RESOURCE");
    expect_errno(call(SET_MM, 1, 0, 0, 1), EINVAL, "with arg5");
    expect_errno(call(SET_MM, 14, 0, 5, 0), EINVAL, "PR_SET_MM_MAP of another size");
    expect_errno(call(SET_MM, 15, 8, 0, 0), EFAULT, "PR_SET_MM_MAP_SIZE nowhere");
    step_result("PR_SET_MM_MAP_SIZE", call(SET_MM, 15, (unsigned long)vector, 0, 0));
    step("it", "%u", (unsigned)vector[0]);
    contract_pass();
}
