/* Contract: whoever may write cgroup.procs of the target and of the nearest common ancestor may
 * move a process; the opener's credentials count, not the writer's.
 * cgroups(7), "Delegation containment"; kernel/cgroup/cgroup.c:cgroup_procs_write_permission().
 * Requires: root, cgroup2 */
#include "contract.h"
#include "cgroup.h"

int main(void)
{
    char text[32];
    int status;
    cgroup_begin("d e");
    expect(mkdir("d", 0755) == 0, "mkdir");
    expect(chown("d", 1000, 1000) == 0 && chown("d/cgroup.procs", 1000, 1000) == 0, "chown");
    expect(mkdir("e", 0755) == 0 && chown("e/cgroup.procs", 1000, 1000) == 0, "mkdir");
    pid_t inside = cgroup_sleeper("d/cgroup.procs"), outside = cgroup_sleeper("e/cgroup.procs");
    int opened = open("d/cgroup.procs", O_WRONLY);
    expect(opened >= 0, "open");
    pid_t child = fork();
    if (child == 0) {
        struct stat made;
        expect(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0, "setresuid");
        step_result("mkdir", mkdir("d/x", 0755));
        expect(stat("d/x/cgroup.freeze", &made) == 0, "stat");
        step("owner", "%d %d", made.st_uid, made.st_gid);
        expect_errno(mkdir("y", 0755), EACCES, "mkdir elsewhere");
        expect_errno(open("cgroup.procs", O_WRONLY), EACCES, "open of the parent's");
        expect_errno(open("d/cgroup.subtree_control", O_WRONLY), EACCES, "open of another file");
        expect_errno(open("d/cgroup.freeze", O_WRONLY), EACCES, "and another");
        snprintf(text, sizeof text, "%d", inside);
        step("within", "%d", cgroup_write("d/x/cgroup.procs", text) > 0);
        step("child", "%s", cgroup_of(inside));
        snprintf(text, sizeof text, "%d", outside);
        expect_errno(cgroup_write("d/x/cgroup.procs", text), EACCES, "from outside");
        expect_errno(cgroup_write("d/cgroup.procs", text), EACCES, "from outside, at the top");
        step("with root's descriptor", "%d", write(opened, text, strlen(text)) > 0);
        step("child", "%s", cgroup_of(outside));
        expect(chdir("d") == 0, "chdir");
        step_result("freeze", cgroup_write("x/cgroup.freeze", "1"));
        step_result("thaw", cgroup_write("x/cgroup.freeze", "0"));
        step_result("kill", cgroup_write("x/cgroup.kill", "1"));
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child && status == 0, "the unprivileged one");
    expect(waitpid(inside, &status, 0) == inside, "waitpid");
    step("killed", "%d", WTERMSIG(status));
    cgroup_reap(outside);
    step_result("rmdir", rmdir("d/x"));
    contract_pass();
}
