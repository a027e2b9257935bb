/* Contract: writing 1 to cgroup.kill sends SIGKILL to every process in a cgroup and below it,
 * frozen or not, and to nobody else.
 * cgroups(7); kernel/cgroup/cgroup.c:cgroup_kill().
 * Requires: root, cgroup2 */
#include "contract.h"
#include "cgroup.h"

static void step_ended(const char *name, pid_t child)
{
    int status;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step(name, "%s %d", WIFSIGNALED(status) ? "signal" : "exit", WTERMSIG(status));
}

int main(void)
{
    cgroup_begin("a/b a c");
    expect(mkdir("a", 0755) == 0 && mkdir("a/b", 0755) == 0 && mkdir("c", 0755) == 0, "mkdir");
    pid_t first = cgroup_sleeper("a/cgroup.procs"), second = cgroup_sleeper("a/b/cgroup.procs");
    pid_t other = cgroup_sleeper("c/cgroup.procs");
    step_write("a/cgroup.kill", "1");
    step_ended("in it", first);
    step_ended("below it", second);
    step("beside it", "%d", waitpid(other, NULL, WNOHANG));
    step_read("a/cgroup.events");
    step_write("a/cgroup.kill", "1");
    int watched = cgroup_watch("c/cgroup.events");
    step_write("c/cgroup.freeze", "1");
    cgroup_await(watched, "frozen 1");
    step_write("c/cgroup.kill", "1");
    step_ended("frozen", other);
    pid_t child = fork();
    if (child == 0) {
        cgroup_write("a/cgroup.procs", "0");
        cgroup_write("a/cgroup.kill", "1");
        _exit(3);
    }
    step_ended("by its own hand", child);
    expect_errno(cgroup_write_at(cgroup_root, "cgroup.kill", "1"), ENOENT, "the root has none");
    contract_pass();
}
