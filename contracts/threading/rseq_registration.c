/* Contract: a thread registers one area for rseq, at a boundary of 32 bytes, and unregisters with
 * the same numbers; the kernel writes the CPU there. A fork inherits it, a thread does not.
 * Source: kernel/rseq.c. */
#include "threads.h"
#include <sched.h>
#include <stdint.h>

struct area { uint32_t cpu_id_start, cpu_id; uint64_t section; uint32_t flags, node, mm_cid, rest; };
enum { SIGNATURE = 0x53053053 };

static struct area area[2] __attribute__((aligned(64)));
static char stack[65536] __attribute__((aligned(16)));

static long rseq(void *where, unsigned int size, int flags, unsigned int signature)
{
    return syscall(SYS_rseq, where, size, flags, signature);
}

static int body(void *unused)
{
    (void)unused;
    expect_errno(rseq(area, 32, 1, SIGNATURE), EINVAL, "unregister nothing");
    expect_errno(rseq(area, 31, 0, SIGNATURE), EINVAL, "too small");
    expect_errno(rseq((char *)area + 16, 32, 0, SIGNATURE), EINVAL, "not aligned");
    expect_errno(rseq(area, 32, 2, SIGNATURE), EINVAL, "a flag");
    expect_errno(rseq((void *)0x7ffffffff000000, 32, 0, SIGNATURE), EFAULT, "beyond memory");
    area->cpu_id = 77, area->section = 0;
    step_result("register", rseq(area, 32, 0, SIGNATURE));
    unsigned int cpu = area->cpu_id;
    step("a CPU", "%d %d", cpu < 4096, area->cpu_id_start < 4096);
    expect_errno(rseq(area, 32, 0, SIGNATURE), EBUSY, "again");
    expect_errno(rseq(area, 32, 0, 1), EPERM, "again, another signature");
    expect_errno(rseq(area + 1, 32, 0, SIGNATURE), EINVAL, "another area");
    expect_errno(rseq(area + 1, 32, 1, SIGNATURE), EINVAL, "unregister another area");
    expect_errno(rseq(area, 32, 1, 1), EPERM, "unregister with another signature");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        step_result("inherited by a fork", rseq(area, 32, 1, SIGNATURE));
        _exit(0);
    }
    wait_for_success(child);
    step_result("unregister", rseq(area, 32, 1, SIGNATURE));
    step("no CPU", "%u %d", area->cpu_id_start, (int)area->cpu_id);
    return 0;
}

int main(void)
{
    int pid = clone(body, stack + sizeof stack, CLONE_VM | SIGCHLD, NULL);
    expect(pid > 0, "clone");
    wait_for_success(pid);
    contract_pass();
}
