/* Contract: setpgid moves oneself or a child that has not executed yet into an existing group of
 * the session or a new one; what else is asked is refused, each with its errno.
 * Source: setpgid(2), kernel/sys.c:setpgid. */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>

static pid_t idle_child(void)
{
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0)
        for (;;)
            pause();
    return child;
}

int main(int argc, char **argv)
{
    if (argc == 3) {
        char byte = 'r';
        expect(write(atoi(argv[1]), &byte, 1) == 1, "write");
        for (;;)
            pause();
    }
    int ready[2];
    char byte, end[12];
    expect(pipe(ready) == 0, "pipe");
    pid_t first = idle_child(), second = idle_child(), executed = fork();
    expect(executed >= 0, "fork");
    if (executed == 0) {
        snprintf(end, sizeof end, "%d", ready[1]);
        char *arguments[] = {argv[0], end, "executed", NULL};
        execv("/proc/self/exe", arguments);
        _exit(1);
    }
    expect(read(ready[0], &byte, 1) == 1, "read");
    step_result("child into a group of its own", setpgid(first, 0));
    step("its group is its pid", "%s", getpgid(first) == first ? "yes" : "no");
    step_result("second child into it", setpgid(second, first));
    step("its group", "%s", getpgid(second) == first ? "the first's" : "another");
    step_result("and back to ours", setpgid(second, getpgid(0)));
    step("its group", "%s", getpgid(second) == getpgid(0) ? "ours" : "another");
    expect_errno(setpgid(first, -1), EINVAL, "negative group");
    expect_errno(setpgid(second, executed), EPERM, "no such group");
    expect_errno(setpgid(executed, 0), EACCES, "child that has executed");
    expect_errno(setpgid(-2, 0), EINVAL, "negative pid as group");
    expect_errno(setpgid(-2, first), ESRCH, "negative pid");

    pid_t leader = fork();
    expect(leader >= 0, "fork");
    if (leader == 0) {
        expect_errno(setpgid(getppid(), 0), ESRCH, "parent, not a child");
        expect(setsid() == getpid(), "setsid");
        expect_errno(setpgid(0, 0), EPERM, "session leader");
        expect(write(ready[1], "s", 1) == 1, "write");
        for (;;)
            pause();
    }
    expect(read(ready[0], &byte, 1) == 1, "read");
    expect_errno(setpgid(leader, 0), EPERM, "child in another session");
    expect_errno(setpgid(second, leader), EPERM, "group in another session");
    pid_t all[] = {first, second, executed, leader};
    for (int i = 0; i < 4; i++)
        expect(kill(all[i], SIGKILL) == 0 && waitpid(all[i], NULL, 0) == all[i], "end");
    expect_errno(getpgid(first), ESRCH, "getpgid of nobody");
    contract_pass();
}
