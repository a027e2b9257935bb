/* Contract: each processor tells its siblings as a mask and as a list, itself among them; node0
 * has the first. What lscpu(1) reads. drivers/base/topology.c.
 * Requires: Linux 6.12 */
#include "contract.h"

/* Of the two architectures only x86_64 knows dies. */
#ifdef __x86_64__
#define HAS_DIES 1
#else
#define HAS_DIES 0
#endif

static char *load(const char *directory, const char *name)
{
    static char text[4][256];
    static int which;
    char path[160], *here = text[which++ % 4];
    snprintf(path, sizeof path, "/sys/devices/system/%s/%s", directory, name);
    int fd = open(path, O_RDONLY);
    long got = read(fd, here, 255);
    expect(fd >= 0 && got > 0, path);
    close(fd);
    expect(here[got - 1] == '\n', "newline");
    here[got - 1] = 0;
    return here;
}

int main(void)
{
    static const char *const names[] = {"core_cpus", "core_siblings", "package_cpus",
                                        "thread_siblings", "cluster_cpus"};
    static const char *const dies[] = {"die_cpus", "die_cpus_list", "die_id"};
    const char *first = "cpu/cpu0/topology";
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        char list[32];
        snprintf(list, sizeof list, "%s_list", names[i]);
        step(names[i], "has itself %lu, list begins with %.1s",
             strtoul(load(first, names[i]), NULL, 16) & 1, load(first, list));
    }
    for (unsigned i = 0; i < sizeof dies / sizeof *dies; i++) {
        char path[80];
        snprintf(path, sizeof path, "/sys/devices/system/%s/%s", first, dies[i]);
        step(dies[i], "%s", (access(path, R_OK) == 0) == HAS_DIES ? "as on this machine" : "not");
    }
    step("core_id", "%s", load(first, "core_id"));
    step("physical_package_id", "%s", load(first, "physical_package_id"));
    step("core_siblings are package_cpus", "%d",
         !strcmp(load(first, "core_siblings"), load(first, "package_cpus")));
    step("thread_siblings are core_cpus", "%d",
         !strcmp(load(first, "thread_siblings_list"), load(first, "core_cpus_list")));
    step("nodes online", "from %.1s on", load("node", "online"));
    step("with CPUs", "from %.1s on", load("node", "has_cpu"));
    step("with memory", "from %.1s on", load("node", "has_memory"));
    step("distance to itself", "%.2s", load("node/node0", "distance"));
    step("node0 has the first processor", "%d, mask %lu", load("node/node0", "cpulist")[0] == '0',
         strtoul(strrchr(load("node/node0", "cpumap"), ',') ? strrchr(
             load("node/node0", "cpumap"), ',') + 1 : load("node/node0", "cpumap"), NULL, 16) & 1);
    step("enabled is online", "%d", !strcmp(load("cpu", "enabled"), load("cpu", "online")));
    contract_pass();
}
