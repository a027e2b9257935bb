/* Contract: membarrier tells its commands, and expedited ones want a registration, which exec and
 * nothing else forgets.
 * Requires: Linux 6.12
 * Source: membarrier(2); kernel/sched/membarrier.c. */
#include "threads.h"

static long membarrier(int command, unsigned int flags)
{
    return syscall(SYS_membarrier, command, flags, 0);
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        step_result("registrations after exec", membarrier(512, 0));
        contract_pass();
    }
    long known = membarrier(0, 0);
    step("global and private ones", "%lx", known & 0x1f);
    step("registrations", "%lx", known & 512);
    expect_errno(membarrier(0, 1), EINVAL, "query with a flag");
    expect_errno(membarrier(3, 0), EINVAL, "two commands");
    expect_errno(membarrier(1 << 20, 0), EINVAL, "no such command");
    step_result("none yet", membarrier(512, 0));
    step_result("global", membarrier(1, 0));
    step_result("global expedited", membarrier(2, 0));
    expect_errno(membarrier(8, 0), EPERM, "private expedited");
    expect_errno(membarrier(32, 0), EPERM, "sync core");
    expect_errno(membarrier(128, 0), EPERM, "rseq");
    step_result("register private expedited", membarrier(16, 0));
    step_result("private expedited", membarrier(8, 0));
    expect_errno(membarrier(32, 0), EPERM, "sync core, still");
    step_result("register sync core", membarrier(64, 0));
    step_result("sync core", membarrier(32, 0));
    step_result("register global expedited", membarrier(4, 0));
    step_result("register rseq", membarrier(256, 0));
    step_result("rseq", membarrier(128, 0));
    expect_errno(membarrier(8, 1), EINVAL, "a CPU for another command");
    step_result("all", membarrier(512, 0));
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        step_result("registrations of a child", membarrier(512, 0));
        execl("/proc/self/exe", "again", "x", NULL);
    }
    wait_for_success(child);
    contract_pass();
}
