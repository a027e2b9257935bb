/* Contract: memory.max bounds what a cgroup and those below it have. Who needs more has a process in
 * there killed: the largest by oom_score_adj(5) and resident size, or all of a group with
 * memory.oom.group; a limit below what is in use kills as well.
 * cgroups(7); mm/memcontrol.c, mm/oom_kill.c.
 * Requires: root, cgroup2, cgroup2:memory, Linux 6.11 */
#include "contract.h"
#include "cgroup_memory.h"

static const char *const values[] = {"1048576", "4097", "max", "2m", "1G", "0x100000", "-1", "", "3x",
    " 8192\n", "9223372036854771712", "99999999999999999999"};

static void step_kills(const char *name, const char *path)
{
    step(name, "max %s, oom %s, oom_kill %ld, oom_group_kill %ld",
        count(path, "max") > 0 ? "counted" : "0", count(path, "oom") > 0 ? "counted" : "0",
        count(path, "oom_kill"), count(path, "oom_group_kill"));
}

static int dead(pid_t child)
{
    siginfo_t info = {0};
    expect(waitid(P_PID, child, &info, WEXITED | WNOHANG | WNOWAIT) == 0, "waitid");
    return info.si_pid == child;
}

int main(void)
{
    char name[64];
    cgroup_want("memory");
    cgroup_begin("a/b a/c a");
    expect(mkdir("a", 0755) == 0, "mkdir");
    step_result("without the controller", access("a/memory.max", F_OK));
    step_write("cgroup.subtree_control", "+memory");
    step_read("a/memory.max");
    for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
        step_write("a/memory.max", values[i]);
        step_read("a/memory.max");
    }

    step_write("a/memory.max", "16M");
    step_end("more than the limit", user("a/cgroup.procs", 32 * MIB, "0", 0));
    step_kills("a", "a/memory.events");
    step_end("less than the limit", user("a/cgroup.procs", 8 * MIB, "0", 0));
    step_kills("a", "a/memory.events");

    int changes = cgroup_watch("a/memory.events");
    pid_t large = user("a/cgroup.procs", 10 * MIB, "0", 1);
    step_end("the smaller goes on", user("a/cgroup.procs", 7 * MIB, "0", 0));
    step_end("the larger", large);
    cgroup_await(changes, "oom_kill 2");
    step_kills("a", "a/memory.events");

    large = user("a/cgroup.procs", 10 * MIB, "0", 1);
    step_end("the smaller is preferred", user("a/cgroup.procs", 7 * MIB, "1000", 0));
    step("the larger", "%s", dead(large) ? "dead" : "alive");
    cgroup_reap(large);
    large = user("a/cgroup.procs", 10 * MIB, "-1000", 1);
    step_end("the larger is spared", user("a/cgroup.procs", 7 * MIB, "0", 0));
    step("the larger", "%s", dead(large) ? "dead" : "alive");
    cgroup_reap(large);
    step_kills("a", "a/memory.events");

    large = user("a/cgroup.procs", 10 * MIB, "0", 1);
    step_write("a/memory.max", "4M");
    step_end("above a new limit", large);
    step("left", "%s", atol(cgroup_read("a/memory.current")) <= (long)(4 * MIB) ? "less" : "more");
    step_kills("a", "a/memory.events");

    step_write("a/cgroup.subtree_control", "+memory");
    expect(mkdir("a/b", 0755) == 0 && mkdir("a/c", 0755) == 0, "mkdir");
    step_read("a/b/memory.oom.group");
    step_write("a/b/memory.oom.group", "2");
    step_write("a/b/memory.oom.group", "1");
    step_read("a/b/memory.oom.group");
    step_write("a/memory.max", "16M");
    pid_t other = user("a/c/cgroup.procs", 4 * MIB, "0", 1);
    pid_t spared = user("a/b/cgroup.procs", MIB / 2, "-1000", 1);
    pid_t small = user("a/b/cgroup.procs", MIB / 2, "0", 1);
    step_end("more than there is", user("a/b/cgroup.procs", 32 * MIB, "0", 0));
    step_end("one of its group", small);
    step("one that is spared", "%s", dead(spared) ? "dead" : "alive");
    step("one beside", "%s", dead(other) ? "dead" : "alive");
    cgroup_reap(spared);
    cgroup_reap(other);
    for (const char *const *group = (const char *const[]){"a", "a/b", "a/c", NULL}; *group; group++) {
        snprintf(name, sizeof name, "%s/memory.events", *group);
        step(*group, "%s", "");
        step_kills(name, name);
        snprintf(name, sizeof name, "%s/memory.events.local", *group);
        step_kills(name, name);
    }
    contract_pass();
}
