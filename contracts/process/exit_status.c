/* Contract: wait gives the low eight bits of the exit argument in the second byte of the status,
 * or the signal in the first; exit_group is the same.
 * Source: wait(2), _exit(2), kernel/exit.c:do_group_exit. */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>

static void show(const char *name, long number, long argument)
{
    int status = 0x5a5a5a5a;
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        if (number == SYS_kill)
            syscall(SYS_kill, getpid(), argument);
        else
            syscall(number, argument);
        for (;;)
            pause();
    }
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step(name, "status 0x%x", status);
}

int main(void)
{
    show("exit 0", SYS_exit, 0);
    show("exit 1", SYS_exit, 1);
    show("exit 255", SYS_exit, 255);
    show("exit 256", SYS_exit, 256);
    show("exit -1", SYS_exit, -1);
    show("exit 0x1234567", SYS_exit, 0x1234567);
    show("exit_group 7", SYS_exit_group, 7);
    show("exit_group -2", SYS_exit_group, -2);
    show("SIGKILL", SYS_kill, SIGKILL);
    show("SIGTERM", SYS_kill, SIGTERM);
    show("SIGALRM", SYS_kill, SIGALRM);
    contract_pass();
}
