/* Contract: real-time I/O priorities are for who has CAP_SYS_ADMIN or CAP_SYS_NICE; without them
 * one may change one's own tasks only, and read everybody's.
 * Requires: root
 * Source: ioprio_set(2), block/ioprio.c:ioprio_check_cap. */
#include "../contract.h"

enum { PROCESS = 1, REAL_TIME = 1 << 13, BEST_EFFORT = 2 << 13 };

static long set(int who, int priority)
{
    return syscall(SYS_ioprio_set, PROCESS, who, priority);
}

int main(void)
{
    expect(set(0, REAL_TIME | 3) == 0, "root sets real time");
    step("root's", "0x%lx", syscall(SYS_ioprio_get, PROCESS, 0));
    pid_t root = getpid(), child;
    int status;
    fflush(stdout);
    if (!(child = fork())) {
        expect(setresuid(1000, 1000, 1000) == 0, "setresuid");
        step("inherited", "0x%lx", syscall(SYS_ioprio_get, PROCESS, 0));
        expect_errno(set(0, REAL_TIME | 3), EPERM, "real time");
        expect_errno(set(0x7fffffff, REAL_TIME), EPERM, "real time of nobody");
        expect_errno(set(root, BEST_EFFORT), EPERM, "another user's");
        step("reads another user's", "0x%lx", syscall(SYS_ioprio_get, PROCESS, root));
        expect(set(0, BEST_EFFORT | 1) == 0, "set its own");
        step("its own", "0x%lx", syscall(SYS_ioprio_get, PROCESS, 0));
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child && status == 0, "the child");
    contract_pass();
}
