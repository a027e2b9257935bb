/* Contract: writing a process id to cgroup.procs moves the process with all its threads, 0 the
 * writer; children begin where their parent is.
 * cgroups(7); kernel/cgroup/cgroup.c:__cgroup_procs_write().
 * Requires: root, cgroup2 */
#include "contract.h"
#include "cgroup.h"

/* How many lines a file has, and whether one is `pid`. */
static void step_listed(const char *path, pid_t pid)
{
    char word[32];
    int lines = 0;
    const char *text = cgroup_read(path);
    for (const char *at = text; *at; at++)
        lines += *at == '|';
    snprintf(word, sizeof word, "%d|", pid);
    step(path, "%d lines, the process %s", lines, strstr(text, word) ? "in one" : "in none");
}

int main(void)
{
    char text[32];
    cgroup_begin("a");
    expect(mkdir("a", 0755) == 0 && mkdir("b", 0755) == 0, "mkdir");
    pid_t child = cgroup_sleeper("a/cgroup.procs");
    step("child", "%s", cgroup_of(child));
    step_listed("a/cgroup.procs", child);
    step_listed("a/cgroup.procs", getpid());
    snprintf(text, sizeof text, "%d", child);
    expect(cgroup_write("b/cgroup.procs", text) > 0, "move");
    step("child", "%s", cgroup_of(child));
    step_listed("a/cgroup.procs", child);
    step_listed("b/cgroup.procs", child);
    expect(cgroup_write("b/cgroup.procs", text) > 0, "move to where it is");
    step_listed("b/cgroup.threads", child);
    expect_errno(cgroup_write("a/cgroup.threads", text), EOPNOTSUPP, "a thread to a domain");
    step_write("a/cgroup.procs", "0");
    step("writer", "%s", cgroup_of(getpid()));
    pid_t other = cgroup_sleeper(NULL);
    step("its child", "%s", cgroup_of(other));
    step_listed("a/cgroup.procs", other);
    int procs = open("b/cgroup.procs", O_RDWR);
    step_result("O_RDWR", write(procs, "0\n", 2));
    step("writer", "%s", cgroup_of(getpid()));
    step_listed("b/cgroup.procs", getpid());
    cgroup_reap(other);
    cgroup_reap(child);
    step_listed("b/cgroup.procs", child);
    step_listed("a/cgroup.procs", child);
    expect_errno(cgroup_write("a/cgroup.procs", text), ESRCH, "a process that is gone");
    expect_errno(rmdir("b"), EBUSY, "rmdir of one's own");
    step_write("../cgroup.procs", "0");
    step("writer", "%s", cgroup_of(getpid()));
    step_result("rmdir", rmdir("b"));
    contract_pass();
}
