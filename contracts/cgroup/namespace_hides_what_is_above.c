/* Contract: a cgroup namespace takes the group that its maker was in for the root: in
 * /proc/PID/cgroup, in mountinfo, and for new mounts.
 * cgroup_namespaces(7); kernel/cgroup/namespace.c.
 * Requires: root, cgroup2 */
#include "contract.h"
#include "cgroup.h"

#define NEWCGROUP 0x2000000

static void step_group(const char *name, pid_t pid)
{
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%d/cgroup", pid);
    FILE *file = fopen(path, "r");
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "0::", 3) == 0)
            step(name, "%.*s", (int)strcspn(line, "\n"), line);
    fclose(file);
}

/* Roots of the mounts of the file system below the working directory of the contract. */
static void step_roots(const char *name)
{
    char line[4096], root[512], point[512];
    FILE *file = fopen("/proc/self/mountinfo", "r");
    while (fgets(line, sizeof line, file) != NULL)
        if (strstr(line, " - cgroup2 ") != NULL && strstr(line, "/tree") != NULL) {
            sscanf(line, "%*s %*s %*s %511s %511s", root, point);
            step(name, "%s on %s", root, strrchr(point, '/'));
        }
    fclose(file);
}

static ino_t inode_of(const char *path)
{
    struct stat status;
    expect(stat(path, &status) == 0, path);
    return status.st_ino;
}

int main(void)
{
    char text[64];
    struct stat here, there;
    cgroup_begin("a/b a c");
    expect(mkdir("a", 0755) == 0 && mkdir("a/b", 0755) == 0 && mkdir("c", 0755) == 0, "mkdir");
    pid_t above = cgroup_sleeper("c/cgroup.procs"), below = cgroup_sleeper("a/b/cgroup.procs");
    int before = open("/proc/self/ns/cgroup", O_RDONLY);
    ino_t old = inode_of("/proc/self/ns/cgroup");
    expect(cgroup_write("a/cgroup.procs", "0") == 1, "move");
    step_result("unshare", unshare(NEWCGROUP));
    step("another namespace", "%d", inode_of("/proc/self/ns/cgroup") != old);
    step_group("self", getpid());
    step_group("below", below);
    step_group("beside", above);
    pid_t child = fork();
    if (child == 0) {
        step_group("child", getpid());
        expect(cgroup_write("a/b/cgroup.procs", "0") == 1, "move");
        step_group("child moved", getpid());
        expect(cgroup_write("c/cgroup.procs", "0") == 1, "move");
        step_group("child moved out", getpid());
        _exit(0);
    }
    expect(waitpid(child, NULL, 0) == child, "waitpid");
    step_roots("old mount");
    expect(fchdir(cgroup_root) == 0 && chdir("..") == 0, "chdir");
    expect(mkdir("tree2", 0755) == 0 && mount("none", "tree2", "cgroup2", 0, NULL) == 0, "mount");
    step_roots("mounts");
    expect(stat("tree2", &here) == 0, "stat");
    snprintf(text, sizeof text, "tree/%s/a", cgroup_name);
    expect(stat(text, &there) == 0, "stat");
    step("the same directory", "%d", here.st_ino == there.st_ino && here.st_dev == there.st_dev);
    step("type", "%s", cgroup_read("tree2/cgroup.type"));
    step_result("umount", umount("tree2"));
    snprintf(text, sizeof text, "/proc/%d/ns/cgroup", below);
    step("others have the old one", "%d", inode_of(text) == old);
    int after = open("/proc/self/ns/cgroup", O_RDONLY);
    expect_errno(setns(before, 0x4000000), EINVAL, "setns of another kind");
    step_result("setns", setns(before, NEWCGROUP));
    step("the old namespace", "%d", inode_of("/proc/self/ns/cgroup") == old);
    step("self", "%s", cgroup_of(getpid()));
    step_result("setns", setns(after, 0));
    step_group("self", getpid());
    child = syscall(SYS_clone, NEWCGROUP | SIGCHLD, 0, 0, 0, 0);
    expect(child >= 0, "clone");
    if (child == 0) {
        step("by clone", "%d", inode_of("/proc/self/ns/cgroup") != old);
        step_group("child", getpid());
        expect(setresuid(1, 1, 1) == 0, "setresuid");
        expect_errno(unshare(NEWCGROUP), EPERM, "unshare without privilege");
        expect_errno(setns(before, NEWCGROUP), EPERM, "setns without privilege");
        _exit(0);
    }
    int status;
    expect(waitpid(child, &status, 0) == child && status == 0, "the child");
    cgroup_reap(above);
    cgroup_reap(below);
    contract_pass();
}
