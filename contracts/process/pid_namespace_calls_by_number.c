/* Contract: every call that takes a process number takes that of the caller's PID namespace, and no
 * other: what is outside is ESRCH.
 * Requires: CAP_SYS_ADMIN
 * Source: pid_namespaces(7); kernel/pid.c:find_task_by_vpid. */
#include "pidns.h"
#include <linux/futex.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <time.h>

static int value = 4711;

static void try_all(const char *name, pid_t pid)
{
    struct rlimit limit;
    struct sched_param param;
    struct timespec slice;
    cpu_set_t cpus;
    int copy = 0;
    struct iovec here = {&copy, sizeof copy}, there = {&value, sizeof value};
    void *head;
    size_t length;
    int caps[2] = {0x20080522, pid}, data[6];
    step("about", "%s", name);
    step_result("getpgid", getpgid(pid) == -1 ? -1 : 0);
    step_result("getsid", getsid(pid) == -1 ? -1 : 0);
    step_result("kill", kill(pid, 0));
    step_result("tkill", syscall(SYS_tkill, pid, 0));
    step_result("sched_getscheduler", syscall(SYS_sched_getscheduler, pid));
    step_result("sched_getparam", syscall(SYS_sched_getparam, pid, &param));
    step_result("sched_getaffinity", sched_getaffinity(pid, sizeof cpus, &cpus) ? -1 : 0);
    step_result("sched_rr_get_interval", syscall(SYS_sched_rr_get_interval, pid, &slice));
    step_result("getpriority", syscall(SYS_getpriority, PRIO_PROCESS, pid) < 0 ? -1 : 0);
    step_result("setpriority", setpriority(PRIO_PROCESS, pid, 0));
    step_result("getpriority of a group", syscall(SYS_getpriority, PRIO_PGRP, pid) < 0 ? -1 : 0);
    step_result("ioprio_get", syscall(SYS_ioprio_get, 1, pid) < 0 ? -1 : 0);
    step_result("prlimit", prlimit(pid, RLIMIT_NOFILE, NULL, &limit));
    step_result("process_vm_readv", process_vm_readv(pid, &here, 1, &there, 1, 0));
    step("read", "%d", copy);
    step_result("capget", syscall(SYS_capget, caps, data));
    step_result("get_robust_list", syscall(SYS_get_robust_list, pid, &head, &length));
    step_result("kcmp", syscall(SYS_kcmp, pid, pid, 0, 0, 0));
    step_result("pidfd_open", syscall(SYS_pidfd_open, pid, 0) < 0 ? -1 : 0);
    step_result("clock_getres", syscall(SYS_clock_getres, ~pid << 3 | 2, NULL));
    step_result("waitpid", waitpid(pid, NULL, WNOHANG));
}

/* A lock with priority inheritance whose word holds the number in the owner's namespace. */
static void pi_lock(uint32_t *word, int ready)
{
    step_result("lock", syscall(SYS_futex, word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
    step("word", "%u", *word & FUTEX_TID_MASK);
    step_result("trylock", syscall(SYS_futex, word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
    pid_t child = must_fork();
    if (child == 0) {
        expect(write(ready, "", 1) == 1, "write");
        step_result("lock in the child", syscall(SYS_futex, word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
        step("word", "%u", *word & FUTEX_TID_MASK);
        _exit(0);
    }
    wait_for_state(child, 'S');
    long unlocked = syscall(SYS_futex, word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
    step_end("child", child);
    step("unlocked", "%ld", unlocked);
}

int main(void)
{
    int ready[2];
    char byte;
    expect(pipe(ready) == 0, "pipe");
    uint32_t *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t outside = getpid();
    pid_t child = fork_into_namespace(0);
    if (child == 0) {
        mount_proc();
        pid_t other = must_fork();
        if (other == 0) {
            setpgid(0, 0);
            expect(write(ready[1], "", 1) == 1, "write");
            pause();
        }
        expect(read(ready[0], &byte, 1) == 1, "read");
        try_all("a child", other);
        kill(other, SIGKILL);
        step_end("the child", other);
        try_all("one outside", outside > 9 ? outside : 4000000);
        pi_lock(word, ready[1]);
        _exit(0);
    }
    step_end("namespace", child);
    contract_pass();
}
