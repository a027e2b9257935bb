/* Contract: raw getpriority gives 20 minus the nice value; setpriority clamps to -20..19; the
 * value is inherited over fork, and a child's change is its own.
 * Source: getpriority(2), kernel/sys.c:setpriority. */
#include "../contract.h"
#include <sys/resource.h>
#include <sys/wait.h>

static void show(const char *name, int who)
{
    step(name, "raw %ld", syscall(SYS_getpriority, PRIO_PROCESS, who));
}

int main(void)
{
    int status;
    expect(syscall(SYS_setpriority, PRIO_PROCESS, 0, 7) == 0, "setpriority");
    show("nice 7", 0);
    show("nice 7, by pid", getpid());
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        show("child", 0);
        step_result("child's nice(4)", nice(4));
        show("child", 0);
        step_result("child sets 100", syscall(SYS_setpriority, PRIO_PROCESS, 0, 100));
        show("child", 0);
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child, "waitpid");
    show("parent", 0);
    step("libc", "%d", getpriority(PRIO_PROCESS, 0));
    contract_pass();
}
