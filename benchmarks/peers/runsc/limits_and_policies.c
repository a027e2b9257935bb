/* Scheduling policies, nice values and resource limits. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void told(const char *what, long got)
{
    dprintf(1, "%s: %ld%s%s\n", what, got, got < 0 ? " " : "", got < 0 ? strerrorname_np(errno) : "");
}

static int dig(int depth)
{
    volatile char space[4096];
    space[0] = (char)depth;
    return depth == 0 ? 0 : dig(depth - 1) + (space[0] != (char)depth);
}

static void set(const char *name, int which)
{
    struct rlimit limit;
    getrlimit(which, &limit);
    limit.rlim_cur = limit.rlim_max > 1 << 24 ? 1 << 24 : limit.rlim_max;
    limit.rlim_max = limit.rlim_cur;
    char what[64];
    snprintf(what, sizeof what, "lowering %s", name);
    told(what, setrlimit(which, &limit));
}

int main(void)
{
    struct sched_param ten = {10};
    struct rusage usage;
    int status;
    told("lowest priority of SCHED_FIFO", sched_get_priority_min(SCHED_FIFO));
    told("SCHED_FIFO", sched_setscheduler(0, SCHED_FIFO, &ten));
    sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){0});
    getrusage(RUSAGE_SELF, &usage);
    dprintf(1, "faults were counted: %d\n", usage.ru_minflt > 0);
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    setpgid(child, child);
    setpriority(PRIO_PROCESS, (id_t)child, 11);
    told("nice value of a group, raw", syscall(SYS_getpriority, PRIO_PGRP, child));
    pid_t other = fork();
    if (other == 0) {
        if (setresuid(1000, 1000, 1000) == 0)
            told("setpriority of another user's process", setpriority(PRIO_PROCESS, (id_t)child, 15));
        _exit(0);
    }
    waitpid(other, NULL, 0);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    child = fork();
    if (child == 0) {
        struct rlimit little = {512 << 10, 512 << 10};
        setrlimit(RLIMIT_STACK, &little);
        _exit(dig(256));
    }
    waitpid(child, &status, 0);
    dprintf(1, "1 MiB of stack when RLIMIT_STACK is half of it: status %#x\n", status & 0x7f);
    struct rlimit data = {1 << 24, 1 << 24};
    setrlimit(RLIMIT_DATA, &data);
    told("32 MiB when RLIMIT_DATA is half of it",
         mmap(NULL, 1 << 25, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
         MAP_FAILED ? -1 : 0);
    set("RLIMIT_CORE", RLIMIT_CORE);
    set("RLIMIT_MEMLOCK", RLIMIT_MEMLOCK);
    set("RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE);
    set("RLIMIT_NICE", RLIMIT_NICE);
    set("RLIMIT_NPROC", RLIMIT_NPROC);
    set("RLIMIT_RTPRIO", RLIMIT_RTPRIO);
    set("RLIMIT_RTTIME", RLIMIT_RTTIME);
    set("RLIMIT_SIGPENDING", RLIMIT_SIGPENDING);
}
