/* Contract: pids.max bounds the tasks of a cgroup and of those below it: fork(2) is EAGAIN, and
 * pids.events counts that where the limit is. Moving processes in is never refused; a zombie counts.
 * cgroups(7); kernel/cgroup/pids.c.
 * Requires: root, cgroup2, cgroup2:pids, Linux 6.11 */
#include "contract.h"
#include "cgroup.h"

static const char *const values[] = {"4194304", "4194305", "-1", "max", "0", "3x", "", " 7\n",
    "9223372036854775808"};

static void step_pids(const char *name)
{
    step(name, "%s", cgroup_read("a/pids.current"));
    step_read("a/pids.peak");
    step_read("a/b/pids.current");
}

int main(void)
{
    int status;
    cgroup_want("pids");
    cgroup_begin("a/b a");
    expect(mkdir("a", 0755) == 0, "mkdir");
    step_result("without the controller", access("a/pids.max", F_OK));
    step_write("cgroup.subtree_control", "+pids");
    step_result("with it", access("a/pids.max", F_OK));
    step_read("a/pids.max");
    step_read("a/pids.peak");
    for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
        step_write("a/pids.max", values[i]);
        step_read("a/pids.max");
    }
    expect(mkdir("a/b", 0755) == 0, "mkdir");
    step_write("a/cgroup.subtree_control", "+pids");
    pid_t first = cgroup_sleeper("a/b/cgroup.procs"), second = cgroup_sleeper("a/b/cgroup.procs");
    step_pids("two sleepers");
    step_write("a/pids.max", "3");
    int changes = cgroup_watch("a/pids.events");
    pid_t child = fork();
    if (child == 0) {
        expect(cgroup_write("a/b/cgroup.procs", "0") == 1, "move");
        step_pids("and a third");
        expect_errno(fork(), EAGAIN, "fork");
        expect_errno(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0), EAGAIN, "clone");
        _exit(0);
    }
    expect(child > 0, "fork");
    siginfo_t info;
    expect(waitid(P_PID, child, &info, WEXITED | WNOWAIT) == 0, "waitid");
    cgroup_await(changes, "max 2");
    step_read("a/pids.events");
    step_read("a/b/pids.events");
    step_read("a/b/pids.events.local");
    step_read("a/pids.events.local");
    step_pids("a zombie");
    expect(waitpid(child, &status, 0) == child && status == 0, "the third");
    step_pids("reaped");
    step_write("a/b/pids.max", "1");
    pid_t moved = cgroup_sleeper("a/b/cgroup.procs");
    step_pids("one too many moves in");
    cgroup_reap(moved);
    cgroup_reap(second);
    cgroup_reap(first);
    step_pids("nobody");
    step_write("a/cgroup.subtree_control", "-pids");
    first = cgroup_sleeper("a/b/cgroup.procs");
    step_read("a/pids.current");
    step_write("a/cgroup.subtree_control", "+pids");
    step_pids("given again");
    step_read("a/b/pids.max");
    cgroup_reap(first);
    step_write("a/cgroup.subtree_control", "-pids");
    step_write("cgroup.subtree_control", "-pids");
    contract_pass();
}
