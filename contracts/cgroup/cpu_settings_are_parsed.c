/* Contract: cpu.weight, cpu.weight.nice, cpu.max and cpu.max.burst take what is in bounds and show
 * it; cpu.stat counts what is used in a cgroup and below it.
 * cgroups(7); kernel/sched/core.c:cpu_max_write() and its neighbours.
 * Requires: root, cgroup2, cgroup2:cpu */
#include "contract.h"
#include "cgroup.h"

static const char *const weights[] = {"1", "10000", "0", "10001", "-1", "x", "", "100", "512 ",
    "0x20", "18446744073709551616"};
static const char *const nices[] = {"-20", "19", "-21", "20", "x", "5", "0"};
static const char *const bandwidths[] = {"max", "50000", "50000 200000", "999", "1000", "max 999",
    "max 1000", "max 1000000", "max 1000001", "x", "", "-5", "20000 x", "30000 100000 5", "7000x",
    "max 0", "100000 100000"};
static const char *const bursts[] = {"0", "5000", "100000", "100001", "x", "-1", "10"};

int main(void)
{
    int status;
    cgroup_want("cpu");
    cgroup_begin("a");
    expect(mkdir("a", 0755) == 0, "mkdir");
    step_write("cgroup.subtree_control", "+cpu");
    step_read("a/cpu.weight");
    step_read("a/cpu.max");
    for (unsigned i = 0; i < sizeof weights / sizeof *weights; i++) {
        step_write("a/cpu.weight", weights[i]);
        step_read("a/cpu.weight");
        step_read("a/cpu.weight.nice");
    }
    for (unsigned i = 0; i < sizeof nices / sizeof *nices; i++) {
        step_write("a/cpu.weight.nice", nices[i]);
        step_read("a/cpu.weight.nice");
        step_read("a/cpu.weight");
    }
    for (unsigned i = 0; i < sizeof bandwidths / sizeof *bandwidths; i++) {
        step_write("a/cpu.max", bandwidths[i]);
        step_read("a/cpu.max");
    }
    for (unsigned i = 0; i < sizeof bursts / sizeof *bursts; i++) {
        step_write("a/cpu.max.burst", bursts[i]);
        step_read("a/cpu.max.burst");
    }
    step_write("a/cpu.max", "9");
    step_write("a/cpu.max", "max 100000");
    step_write("a/cpu.idle", "1");
    step_read("a/cpu.weight");
    step_write("a/cpu.weight", "50");
    step_write("a/cpu.idle", "2");
    step_write("a/cpu.idle", "0");
    step_read("a/cpu.weight");
    pid_t child = fork();
    if (child == 0) {
        expect(cgroup_write("a/cgroup.procs", "0") == 1, "move");
        for (volatile long i = 0; i < 30000000; i++)
            ;
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child && status == 0, "the child");
    const char *used = cgroup_read("a/cpu.stat");
    step("time was used", "%d", strncmp(used, "usage_usec ", 11) == 0 && atol(used + 11) >= 1000);
    used = cgroup_read("cpu.stat");
    step("also from above", "%d", atol(used + strlen("usage_usec ")) >= 1000);
    step_write("cgroup.subtree_control", "-cpu");
    step_result("no cpu.max", access("a/cpu.max", F_OK));
    step_result("but cpu.stat", access("a/cpu.stat", F_OK));
    contract_pass();
}
