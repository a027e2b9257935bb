/* Contract: waitpid with a negative pid, or waitid with P_PGID, takes only children of that
 * group, each once, in whatever order; 0 takes those of the caller's own.
 * Source: waitpid(2), kernel/exit.c:eligible_pid. */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>

static pid_t exits(int code, pid_t group)
{
    int go[2];
    expect(pipe(go) == 0, "pipe");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        char byte;
        _exit(read(go[0], &byte, 1) == 1 ? code : 99);
    }
    if (group >= 0)
        expect(setpgid(child, group) == 0, "setpgid");
    expect(write(go[1], "g", 1) == 1, "write");
    expect(close(go[0]) == 0 && close(go[1]) == 0, "close");
    wait_for_state(child, 'Z');
    return child;
}

static void show(const char *name, pid_t which)
{
    int status = 0;
    pid_t waited = waitpid(which, &status, WNOHANG);
    if (waited > 0)
        step(name, "exit %d", WEXITSTATUS(status));
    else
        step_result(name, waited);
}

int main(void)
{
    siginfo_t info;
    pid_t group = exits(1, 0), ours = exits(2, -1);
    exits(3, group);
    exits(4, group);
    show("own group", 0);
    show("own group again", 0);
    int status = 0, codes;
    step("other group", "%d", waitpid(-group, &status, WNOHANG) > 0);
    codes = 1 << WEXITSTATUS(status);
    memset(&info, 0, sizeof info);
    step_result("other group, waitid", waitid(P_PGID, (id_t)group, &info, WEXITED));
    codes |= 1 << info.si_status;
    show("the one waited for already", ours);
    step("any", "%d", waitpid(-1, &status, WNOHANG) > 0);
    codes |= 1 << WEXITSTATUS(status);
    show("any again", -1);
    step("each once", "%#x", codes);
    contract_pass();
}
