/* Contract: setsid makes a new session and group with the caller's pid, unless the caller leads
 * a group (EPERM); children inherit the session, getsid shows it.
 * Source: setsid(2), kernel/sys.c:ksys_setsid. */
#include "../contract.h"
#include <sys/wait.h>

static void in_child(void (*action)(void))
{
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        action();
        _exit(0);
    }
    wait_for_success(child);
}

static pid_t session, group;

static void grandchild(void)
{
    step("grandchild: same session", "%s", getsid(0) == session ? "yes" : "no");
    step("grandchild: same group", "%s", getpgid(0) == group ? "yes" : "no");
    step("grandchild: leads", "%s", getsid(0) == getpid() ? "yes" : "no");
}

static void new_session(void)
{
    pid_t before = getsid(0);
    step("setsid returns the pid", "%s", setsid() == getpid() ? "yes" : "no");
    session = getsid(0), group = getpgid(0);
    step("session", "%s", session == getpid() ? "own pid" : "another");
    step("group", "%s", group == getpid() ? "own pid" : "another");
    step("session is new", "%s", before != session ? "yes" : "no");
    step("parent is in another session", "%s", getsid(getppid()) == before ? "yes" : "no");
    expect_errno(setsid(), EPERM, "setsid again");
    in_child(grandchild);
}

static void group_leader(void)
{
    expect(setpgid(0, 0) == 0, "setpgid");
    expect_errno(setsid(), EPERM, "setsid of a group leader");
}

int main(void)
{
    in_child(new_session);
    in_child(group_leader);
    expect_errno(getsid(0x7fffffff), ESRCH, "getsid of nobody");
    expect_errno(getsid(-1), ESRCH, "getsid of -1");
    contract_pass();
}
