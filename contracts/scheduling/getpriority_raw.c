/* Contract: the raw call returns 20 minus nice, so never a negative number; by process, by
 * thread, and for a group the best of its members.
 * Source: getpriority(2), kernel/sys.c:getpriority. */
#include "../contract.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void set_and_show(int nice_value)
{
    char name[24];
    snprintf(name, sizeof name, "nice %d", nice_value);
    expect(syscall(SYS_setpriority, PRIO_PROCESS, 0, nice_value) == 0, "setpriority");
    step_result(name, syscall(SYS_getpriority, PRIO_PROCESS, 0));
}

int main(void)
{
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0)
        for (;;)
            pause();
    expect(setpgid(child, child) == 0, "setpgid");
    expect(syscall(SYS_setpriority, PRIO_PROCESS, child, 11) == 0, "setpriority");
    set_and_show(8);
    set_and_show(12);
    set_and_show(19);
    step_result("by thread id", syscall(SYS_getpriority, PRIO_PROCESS, syscall(SYS_gettid)));
    step_result("the child", syscall(SYS_getpriority, PRIO_PROCESS, child));
    step_result("the child's group", syscall(SYS_getpriority, PRIO_PGRP, child));
    pid_t second = fork();
    expect(second >= 0, "fork");
    if (second == 0)
        for (;;)
            pause();
    expect(setpgid(second, child) == 0, "setpgid");
    step_result("the second, inherited", syscall(SYS_getpriority, PRIO_PROCESS, second));
    step_result("the group of both", syscall(SYS_getpriority, PRIO_PGRP, child));
    expect_errno(syscall(SYS_getpriority, PRIO_PGRP, second), ESRCH, "no such group");
    expect(kill(-child, SIGKILL) == 0, "kill");
    expect(waitpid(child, NULL, 0) == child && waitpid(second, NULL, 0) == second, "waitpid");
    contract_pass();
}
