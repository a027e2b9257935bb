/* Contract: a task runs only on processors of its affinity, and getcpu, /proc/PID/stat and the area of
 * rseq agree on which one; children inherit the affinity. Whoever is moved is elsewhere at once.
 * sched_setaffinity(2), rseq(2); kernel/sched/core.c:__set_cpus_allowed_ptr(). */
#include "contract.h"
#include <sched.h>
#include <stdint.h>

struct area { uint32_t cpu_id_start, cpu_id; uint64_t section; uint32_t flags, node, mm_cid, rest; };

static struct area area __attribute__((aligned(64)));
static char stack[65536] __attribute__((aligned(16)));
static cpu_set_t allowed;

static int processor_in_stat(pid_t pid)
{
    char path[64], line[1024], *field;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    expect(file != NULL && fgets(line, sizeof line, file) != NULL, path);
    fclose(file);
    field = strrchr(line, ')') + 1;
    for (int i = 3; i < 39; i++)
        field = strchr(field + 1, ' ');
    return atoi(field);
}

static void pin(pid_t pid, int cpu)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    expect(sched_setaffinity(pid, sizeof one, &one) == 0, "sched_setaffinity");
}

static int agree(int cpu)
{
    unsigned got = -1, node = -1;
    expect(syscall(SYS_getcpu, &got, &node, NULL) == 0, "getcpu");
    return (int)got == cpu && processor_in_stat(getpid()) == cpu &&
           (int)area.cpu_id == cpu && (int)area.cpu_id_start == cpu;
}

static int body(void *unused)
{
    int count = 0, right = 0, last = 0, ready[2], go[2];
    char byte;
    (void)unused;
    expect(syscall(SYS_rseq, &area, 32, 0, 0x53053053) == 0, "rseq");
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &allowed)) {
            pin(0, cpu);
            count++;
            right += agree(cpu);
            last = cpu;
        }
    step("every processor", "%s", right == count ? "all agree" : "not all agree");
    fflush(stdout);
    expect(pipe(ready) == 0 && pipe(go) == 0, "pipe");
    pid_t child = fork();
    if (child == 0) {
        step("a child on the last one", "%d", agree(last));
        expect(write(ready[1], "r", 1) == 1 && read(go[0], &byte, 1) == 1, "pipes");
        int first = 0;
        while (!CPU_ISSET(first, &allowed))
            first++;
        step("moved to the first one", "%d", agree(first));
        _exit(0);
    }
    expect(read(ready[0], &byte, 1) == 1, "read");
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &allowed)) {
            pin(child, cpu);
            break;
        }
    expect(write(go[1], "g", 1) == 1, "write");
    wait_for_success(child);
    return 0;
}

int main(void)
{
    expect(sched_getaffinity(0, sizeof allowed, &allowed) == 0, "sched_getaffinity");
    step("now on one of the allowed", "%d", !!CPU_ISSET(sched_getcpu(), &allowed));
    int pid = clone(body, stack + sizeof stack, CLONE_VM | SIGCHLD, NULL);
    expect(pid > 0, "clone");
    wait_for_success(pid);
    contract_pass();
}
