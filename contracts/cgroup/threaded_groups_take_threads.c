/* Contract: below a domain, threaded cgroups take single threads of its processes; types follow
 * from what is above, and what does not fit is EOPNOTSUPP.
 * cgroups(7), "Thread mode"; kernel/cgroup/cgroup.c:cgroup_enable_threaded().
 * Requires: root, cgroup2 */
#include "contract.h"
#include "cgroup.h"

static char stack[65536] __attribute__((aligned(16)));
static int from_main[2], to_main[2];

/* Raw system calls only: the thread shares everything, errno too. */
static int thread(void *unused)
{
    char byte;
    (void)unused;
    syscall(SYS_write, to_main[1], "r", 1);
    syscall(SYS_read, from_main[0], &byte, 1);
    syscall(SYS_exit, 0);
    return 0;
}

int main(void)
{
    char text[32], byte;
    cgroup_begin("d e/g e/f e");
    expect(pipe(from_main) == 0 && pipe(to_main) == 0, "pipe");
    expect(mkdir("d", 0755) == 0 && mkdir("d/t", 0755) == 0 && mkdir("d/u", 0755) == 0, "mkdir");
    step_write("d/t/cgroup.type", "threaded");
    step_read("d/cgroup.type");
    step_read("d/t/cgroup.type");
    step_read("d/u/cgroup.type");
    step_read("d/u/cgroup.procs");
    step_write("d/u/cgroup.procs", "0");
    expect(mkdir("d/t/x", 0755) == 0, "mkdir");
    step_read("d/t/x/cgroup.type");
    step_read("d/t/cgroup.procs");
    expect_errno(cgroup_write("d/t/cgroup.kill", "1"), EOPNOTSUPP, "kill of a threaded group");
    step_write("d/u/cgroup.type", "threaded");
    step_write("d/t/cgroup.threads", "0");
    step_write("d/cgroup.procs", "0");
    int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
    int tid = clone(thread, stack + sizeof stack, flags, NULL);
    expect(tid > 0 && read(to_main[0], &byte, 1) == 1, "clone");
    snprintf(text, sizeof text, "%d", tid);
    expect(cgroup_write("d/t/cgroup.threads", text) > 0, "move the thread");
    step("thread", "%s", cgroup_of(tid));
    step("leader", "%s", cgroup_of(getpid()));
    snprintf(text, sizeof text, "%d|", tid);
    step("threads", "%d", strcmp(cgroup_read("d/t/cgroup.threads"), text) == 0);
    snprintf(text, sizeof text, "%d|", getpid());
    step("leader's threads", "%d", strcmp(cgroup_read("d/cgroup.threads"), text) == 0);
    step("procs of the domain", "%d", strcmp(cgroup_read("d/cgroup.procs"), text) == 0);
    step_read("d/t/cgroup.events");
    step_read("d/cgroup.events");
    step_write("d/u/cgroup.threads", "0");
    step("leader", "%s", cgroup_of(getpid()));
    step("procs of the domain", "%d", strcmp(cgroup_read("d/cgroup.procs"), text) == 0);
    expect_errno(cgroup_write("cgroup.threads", "0"), EOPNOTSUPP, "out of the domain");
    step_write("d/u/cgroup.procs", "0");
    step("thread follows", "%s", cgroup_of(tid));
    step_write("cgroup.procs", "0");
    step("thread", "%s", cgroup_of(tid));
    step_result("rmdir", rmdir("d/t/x"));
    step_result("rmdir", rmdir("d/t"));
    step_read("d/cgroup.type");
    step_result("rmdir", rmdir("d/u"));
    step_read("d/cgroup.type");
    expect(mkdir("e", 0755) == 0 && mkdir("e/f", 0755) == 0, "mkdir");
    pid_t child = cgroup_sleeper("e/f/cgroup.procs");
    expect_errno(cgroup_write("e/f/cgroup.type", "threaded"), EOPNOTSUPP, "with a process");
    expect(mkdir("e/g", 0755) == 0, "mkdir");
    expect_errno(cgroup_write("e/g/cgroup.type", "threaded"), EOPNOTSUPP, "beside a domain");
    cgroup_reap(child);
    step_write("e/g/cgroup.type", "threaded");
    step_write("cgroup.type", "threaded");
    step_read("cgroup.type");
    contract_pass();
}
