/* Contract: setpriority of another user's process is EPERM, but anyone may read its value; for
 * several processes the call tells of the highest priority among them.
 * Requires: root
 * Source: setpriority(2), kernel/sys.c:set_one_prio, getpriority. */
#include "../contract.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static pid_t idle_child(pid_t group, int nice_value)
{
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0)
        for (;;)
            pause();
    expect(setpgid(child, group) == 0, "setpgid");
    expect(setpriority(PRIO_PROCESS, (id_t)child, nice_value) == 0, "setpriority");
    return child;
}

int main(void)
{
    pid_t first = idle_child(0, 5), second = idle_child(first, -3), child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        expect(syscall(SYS_setresuid, 65534, 65534, 65534) == 0, "setresuid");
        expect_errno(setpriority(PRIO_PROCESS, (id_t)first, 15), EPERM, "set another's");
        expect_errno(setpriority(PRIO_PGRP, (id_t)first, 15), EPERM, "set another group's");
        step_result("get another's, raw", syscall(SYS_getpriority, PRIO_PROCESS, first));
        step_result("get the group's, raw", syscall(SYS_getpriority, PRIO_PGRP, first));
        _exit(0);
    }
    wait_for_success(child);
    step_result("set the group's", setpriority(PRIO_PGRP, (id_t)first, 9));
    step_result("first, raw", syscall(SYS_getpriority, PRIO_PROCESS, first));
    step_result("second, raw", syscall(SYS_getpriority, PRIO_PROCESS, second));
    expect(kill(first, SIGKILL) == 0 && waitpid(first, NULL, 0) == first, "end");
    expect(kill(second, SIGKILL) == 0 && waitpid(second, NULL, 0) == second, "end");
    contract_pass();
}
