/* Contract: user time of RUSAGE_SELF and RUSAGE_THREAD moves as work is done; children's counts
 * only after they have been waited for; unknown kinds are EINVAL.
 * Source: getrusage(2), kernel/exit.c:wait_task_zombie. */
#include "../contract.h"
#include <sys/resource.h>
#include <sys/wait.h>

static volatile unsigned long work;
static volatile char pages[1 << 20];

static long long used(int who)
{
    struct rusage usage;
    expect(getrusage(who, &usage) == 0, "getrusage");
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000LL + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
}

static void work_until(long long microseconds)
{
    while (used(RUSAGE_SELF) < microseconds)
        for (int i = 0; i < 10000; i++)
            work += (unsigned)i;
}

int main(void)
{
    long long before = used(RUSAGE_SELF), thread = used(RUSAGE_THREAD);
    work_until(before + 50000);
    for (unsigned at = 0; at < sizeof pages; at += 4096)
        pages[at] = 1;
    step("own time moves", "%s", used(RUSAGE_SELF) >= before + 50000 ? "yes" : "no");
    step("thread's time moves", "%s", used(RUSAGE_THREAD) > thread ? "yes" : "no");
    step("children before", "%lld", used(RUSAGE_CHILDREN));
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        step("child begins", "%s", used(RUSAGE_SELF) < 40000 ? "near zero" : "with more");
        work_until(50000);
        _exit(0);
    }
    wait_for_state(child, 'Z');
    step("children before wait", "%lld", used(RUSAGE_CHILDREN));
    struct rusage usage;
    expect(wait4(child, NULL, 0, &usage) == child, "wait4");
    long long waited = usage.ru_utime.tv_sec * 1000000LL + usage.ru_utime.tv_usec +
                       usage.ru_stime.tv_sec * 1000000LL + usage.ru_stime.tv_usec;
    step("wait4 gives at least 50 ms", "%s", waited >= 50000 ? "yes" : "no");
    step("children after wait", "%s", used(RUSAGE_CHILDREN) == waited ? "the same" : "another");
    struct rusage self;
    expect(getrusage(RUSAGE_SELF, &self) == 0, "getrusage");
    step("resident memory was used", "%s", self.ru_maxrss > 0 ? "yes" : "no");
    step("faults were counted", "%s", self.ru_minflt > 0 ? "yes" : "no");
    step("unused fields", "%ld %ld %ld", self.ru_ixrss, self.ru_msgsnd, self.ru_nsignals);
    expect_errno(syscall(SYS_getrusage, 2, &usage), EINVAL, "kind 2");
    expect_errno(syscall(SYS_getrusage, RUSAGE_SELF, (void *)8), EFAULT, "bad pointer");
    contract_pass();
}
