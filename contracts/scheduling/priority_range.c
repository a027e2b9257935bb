/* Contract: the range of static priorities is 1 to 99 for the real-time policies, 0 to 0 for the
 * others; policies that do not exist are EINVAL.
 * Source: sched_get_priority_max(2), kernel/sched/syscalls.c:sched_get_priority_max. */
#include "../contract.h"

static void show(const char *name, int policy)
{
    char line[40];
    long low = syscall(SYS_sched_get_priority_min, policy);
    long high = syscall(SYS_sched_get_priority_max, policy);
    snprintf(line, sizeof line, "%s: lowest", name);
    step_result(line, low);
    snprintf(line, sizeof line, "%s: highest", name);
    step_result(line, high);
}

int main(void)
{
    show("SCHED_OTHER", 0);
    show("SCHED_FIFO", 1);
    show("SCHED_RR", 2);
    show("SCHED_BATCH", 3);
    show("SCHED_IDLE", 5);
    show("SCHED_DEADLINE", 6);
    show("policy 4", 4);
    show("policy 99", 99);
    show("policy -1", -1);
    contract_pass();
}
