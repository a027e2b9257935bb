/* Contract: with SCHED_RESET_ON_FORK a child of a real-time task is SCHED_OTHER with nice 0; any other
 * policy stays, and of its nice value only a negative one becomes 0. The flag itself is not inherited,
 * and threads are children, too.
 * Requires: CAP_SYS_NICE
 * sched(7); kernel/sched/core.c:sched_fork(). */
#include "contract.h"
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

static const char *names[] = {"OTHER", "FIFO", "RR", "BATCH", "?", "IDLE"};

static void show(const char *who)
{
    long policy = syscall(SYS_sched_getscheduler, 0), nice_value = 20 - syscall(SYS_getpriority, 0, 0);
    struct sched_param parameter;
    expect(syscall(SYS_sched_getparam, 0, &parameter) == 0, "sched_getparam");
    step(who, "SCHED_%s%s, priority %d, nice %ld", names[policy & 7],
         policy & SCHED_RESET_ON_FORK ? " with the flag" : "", parameter.sched_priority, nice_value);
}

static void *thread(void *unused)
{
    show("a thread");
    return unused;
}

static void try(int policy, int priority, int nice_value)
{
    struct sched_param parameter = {.sched_priority = priority};
    pthread_t other;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        expect(setpriority(PRIO_PROCESS, 0, nice_value) == 0, "setpriority");
        expect(syscall(SYS_sched_setscheduler, 0, policy, &parameter) == 0, "sched_setscheduler");
        show("parent");
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            show("child");
            fflush(stdout);
            pid_t grandchild = fork();
            if (grandchild == 0) {
                show("grandchild");
                _exit(0);
            }
            wait_for_success(grandchild);
            _exit(0);
        }
        wait_for_success(child);
        expect(pthread_create(&other, NULL, thread, NULL) == 0, "pthread_create");
        pthread_join(other, NULL);
        show("parent");
        _exit(0);
    }
    wait_for_success(pid);
}

int main(void)
{
    try(SCHED_FIFO | SCHED_RESET_ON_FORK, 5, -5);
    try(SCHED_RR | SCHED_RESET_ON_FORK, 1, 7);
    try(SCHED_BATCH | SCHED_RESET_ON_FORK, 0, -5);
    try(SCHED_BATCH | SCHED_RESET_ON_FORK, 0, 5);
    try(SCHED_OTHER | SCHED_RESET_ON_FORK, 0, -3);
    try(SCHED_IDLE | SCHED_RESET_ON_FORK, 0, 4);
    try(SCHED_IDLE | SCHED_RESET_ON_FORK, 0, -4);
    try(SCHED_RR, 3, -2);
    contract_pass();
}
