/* Contract: sched_setaffinity keeps of the mask what exists, moves the caller there, and is
 * inherited over fork and execve; nothing left is EINVAL.
 * Source: sched_setaffinity(2), kernel/sched/syscalls.c:__sched_setaffinity. */
#include "../contract.h"
#include <sys/wait.h>

static unsigned char mask[1024];

static void show(const char *name)
{
    int cpus = 0;
    memset(mask, 0, sizeof mask);
    expect(syscall(SYS_sched_getaffinity, 0, sizeof mask, mask) > 0, "sched_getaffinity");
    for (size_t i = 0; i < sizeof mask * 8; i++)
        cpus += mask[i / 8] >> (i % 8) & 1;
    step(name, "%d CPU", cpus);
}

int main(int argc, char **argv)
{
    if (argc == 2) {
        show("after execve");
        contract_pass();
    }
    size_t first = 0;
    unsigned char one[1024] = {0};
    unsigned cpu = ~0U;
    expect(syscall(SYS_sched_getaffinity, 0, sizeof mask, mask) > 0, "sched_getaffinity");
    while ((mask[first / 8] >> (first % 8) & 1) == 0)
        first++;
    one[first / 8] = (unsigned char)(1 << (first % 8));
    step_result("to one CPU", syscall(SYS_sched_setaffinity, 0, sizeof one, one));
    show("now");
    expect(syscall(SYS_getcpu, &cpu, NULL, NULL) == 0, "getcpu");
    step("runs there", "%s", cpu == first ? "yes" : "no");
    step_result("short mask", syscall(SYS_sched_setaffinity, 0, first / 8 + 1, one));
    one[1023] = 0x80;
    step_result("with a CPU that is not", syscall(SYS_sched_setaffinity, 0, sizeof one, one));
    show("now");
    one[first / 8] = 0;
    expect_errno(syscall(SYS_sched_setaffinity, 0, sizeof one, one), EINVAL, "only that one");
    expect_errno(syscall(SYS_sched_setaffinity, 0, 0, one), EINVAL, "size 0");
    expect_errno(syscall(SYS_sched_setaffinity, 0, 8, (void *)8), EFAULT, "bad pointer");
    expect_errno(syscall(SYS_sched_setaffinity, 0x7fffffff, 8, mask), ESRCH, "no such process");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        show("child");
        _exit(0);
    }
    wait_for_success(child);
    char *arguments[] = {argv[0], "again", NULL};
    execv("/proc/self/exe", arguments);
    contract_fail("execv", "returned, errno %s", errno_name(errno));
}
