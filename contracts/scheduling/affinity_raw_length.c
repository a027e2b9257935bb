/* Contract: raw sched_getaffinity returns how many bytes of mask it wrote, never 0, writes no
 * more than that, and wants a whole number of longs.
 * Source: sched_setaffinity(2), kernel/sched/syscalls.c:sched_getaffinity. */
#include "../contract.h"

static long get(int pid, size_t size, void *mask)
{
    return syscall(SYS_sched_getaffinity, pid, size, mask);
}

int main(void)
{
    unsigned char mask[1024];
    memset(mask, 0xa5, sizeof mask);
    long written = get(0, sizeof mask, mask);
    expect(written != -1, "sched_getaffinity");
    step("returns at least 8", "%s", written >= 8 ? "yes" : "no");
    step("returns a multiple of 8", "%s", written % 8 == 0 ? "yes" : "no");
    step("next byte", "0x%x", mask[written]);
    int cpus = 0;
    for (long i = 0; i < written * 8; i++)
        cpus += mask[i / 8] >> (i % 8) & 1;
    step("some CPU is allowed", "%s", cpus > 0 ? "yes" : "no");
    step("by pid the same", "%s", get(getpid(), sizeof mask, mask) == written ? "yes" : "no");
    step("exact size", "%s", get(0, (size_t)written, mask) == written ? "the same" : "another");
    expect_errno(get(0, 0, mask), EINVAL, "size 0");
    expect_errno(get(0, 4, mask), EINVAL, "size 4");
    expect_errno(get(0, 1023, mask), EINVAL, "size 1023");
    expect_errno(get(0, sizeof mask, (void *)8), EFAULT, "bad pointer");
    expect_errno(get(0x7fffffff, sizeof mask, mask), ESRCH, "no such process");
    expect_errno(get(-1, sizeof mask, mask), ESRCH, "pid -1");
    contract_pass();
}
