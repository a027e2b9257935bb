/* Contract: a page counts for the cgroup whose process touched it first, and for those above, until
 * it is freed: wherever that process goes, whoever else maps it, and whether the group is still there.
 * memory.high counts and does not kill.
 * cgroups(7); mm/memcontrol.c.
 * Requires: root, cgroup2, cgroup2:memory, tmpfs, Linux 6.11 */
#include "contract.h"
#include "cgroup_memory.h"

static const char *const bounds[] = {"memory.min", "memory.low", "memory.high", "memory.swap.max",
    "memory.swap.high"};
static const char *const bound_values[] = {"1M", "5000", "max", "-2", "0", "x"};

static char file[4096];

/* Let a child do the next step, or a parent know that it was done. */
static void pass(int fd)
{
    expect(write(fd, "x", 1) == 1, "write");
}

static void await(int fd)
{
    char byte;
    expect(read(fd, &byte, 1) == 1, "read");
}

/* Whole MiB of a group, by its file and by the lines of memory.stat. */
static void step_memory(const char *group)
{
    char path[64];
    snprintf(path, sizeof path, "%s/memory.current", group);
    long current = atol(cgroup_read(path)) / MIB;
    snprintf(path, sizeof path, "%s/memory.stat", group);
    step(group, "%ld MiB: anon %ld, file %ld, shmem %ld", current, count(path, "anon") / MIB,
        count(path, "file") / MIB, count(path, "shmem") / MIB);
}

static void step_all(const char *when)
{
    step(when, "%s", "");
    step_memory("a");
    step_memory("a/b");
    step_memory("a/c");
}

static void fill(const char *path, unsigned long size)
{
    static char block[65536];
    int fd = open(path, O_CREAT | O_WRONLY, 0644);
    expect(fd >= 0, "open");
    memset(block, 1, sizeof block);
    for (unsigned long done = 0; done < size; done += sizeof block)
        expect(write(fd, block, sizeof block) == sizeof block, "write");
    close(fd);
}

static void in_child(const char *group, void (*work)(int in, int out), void (*look)(int in, int out))
{
    int down[2], up[2], status;
    expect(pipe(down) == 0 && pipe(up) == 0, "pipe");
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
        expect(cgroup_write(group, "0") == 1, "move");
        work(down[0], up[1]);
        _exit(0);
    }
    look(up[0], down[1]);
    expect(waitpid(child, &status, 0) == child && status == 0, "the child");
    close(down[0]), close(down[1]), close(up[0]), close(up[1]);
}

static void anonymous(int in, int out)
{
    int status;
    char *memory = touch(8 * MIB);
    pass(out), await(in);
    pid_t child = fork();
    if (child == 0) {
        pass(out), await(in);
        memset(memory, 2, 4 * MIB);
        pass(out), await(in);
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child && status == 0, "the grandchild");
    pass(out), await(in);
    expect(cgroup_write("a/c/cgroup.procs", "0") == 1, "move");
    pass(out), await(in);
    touch(2 * MIB);
    pass(out), await(in);
    madvise(memory, 4 * MIB, MADV_DONTNEED);
    pass(out), await(in);
}

static void look_anonymous(int in, int out)
{
    static const char *const when[] = {"8 MiB", "a child shares them", "and writes half of them",
        "it is gone", "moved", "2 MiB more", "4 MiB given back"};
    for (unsigned i = 0; i < sizeof when / sizeof *when; i++) {
        await(in);
        step_all(when[i]);
        pass(out);
    }
}

static void pages(int in, int out)
{
    fill(file, 4 * MIB);
    char *memory = mmap(NULL, 3 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    memset(memory, 1, 3 * MIB);
    pass(out), await(in);
}

static void look_pages(int in, int out)
{
    await(in);
    step_all("a file and shared memory");
    pass(out);
}

static void readers(int in, int out)
{
    int fd = open(file, O_RDWR);
    expect(fd >= 0 && ftruncate(fd, 6 * MIB) == 0, "ftruncate");
    char *memory = mmap(NULL, 6 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    expect(memory != MAP_FAILED, "mmap");
    for (unsigned long at = 0; at < 6 * MIB; at += 4096)
        memory[at] = 2;
    pass(out), await(in);
}

static void look_readers(int in, int out)
{
    await(in);
    step_all("mapped elsewhere, and 2 MiB more");
    pass(out);
}

static void above_high(int in, int out)
{
    touch(16 * MIB + MIB / 8);
    pass(out), await(in);
}

static void look_high(int in, int out)
{
    await(in);
    pass(out);
    step("above high", "%s", count("a/b/memory.events", "high") > 0 ? "counted" : "not counted");
    step("of a", "%s", count("a/memory.events", "high") > 0 ? "counted" : "not counted");
    step("of a alone", "%ld", count("a/memory.events.local", "high"));
    step("killed", "%ld", count("a/memory.events", "oom_kill"));
}

int main(void)
{
    char name[64];
    cgroup_want("memory");
    expect(getcwd(file, sizeof file - 8) != NULL, "getcwd");
    strcat(file, "/file");
    cgroup_begin("a/b a/c a");
    step_write("cgroup.subtree_control", "+memory");
    expect(mkdir("a", 0755) == 0, "mkdir");
    step_write("a/cgroup.subtree_control", "+memory");
    expect(mkdir("a/b", 0755) == 0 && mkdir("a/c", 0755) == 0, "mkdir");
    step_read("a/memory.events");
    step_read("a/memory.events.local");
    step_read("a/memory.swap.current");
    step_read("a/memory.swap.peak");
    step_read("a/memory.swap.events");
    for (unsigned i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        snprintf(name, sizeof name, "a/%s", bounds[i]);
        step_read(name);
        for (unsigned j = 0; j < sizeof bound_values / sizeof *bound_values; j++) {
            step_write(name, bound_values[j]);
            step_read(name);
        }
        cgroup_write(name, strcmp(name, "a/memory.high") == 0 ? "max" : "0");
    }
    in_child("a/b/cgroup.procs", anonymous, look_anonymous);
    step_all("nobody");
    in_child("a/b/cgroup.procs", pages, look_pages);
    step_all("the file");
    in_child("a/c/cgroup.procs", readers, look_readers);
    expect(rmdir("a/b") == 0, "rmdir");
    step_memory("a");
    expect(unlink(file) == 0, "unlink");
    step_memory("a");
    step("peak", "%ld MiB", atol(cgroup_read("a/memory.peak")) / MIB);
    expect(mkdir("a/b", 0755) == 0, "mkdir");
    step_memory("a/b");
    step_write("a/b/memory.high", "16M");
    in_child("a/b/cgroup.procs", above_high, look_high);
    contract_pass();
}
