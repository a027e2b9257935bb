/* Contract: every mount of cgroup2, by mount(2) or fsopen(2), shows the same groups; options are
 * words, and a cgroup namespace of one's own cannot change them.
 * cgroups(7), fsopen(2); kernel/cgroup/cgroup.c:cgroup_get_tree().
 * Requires: root, cgroup2 */
#include "contract.h"
#include "cgroup.h"

#ifndef SYS_fsopen
#define SYS_fsopen 430
#define SYS_fsconfig 431
#define SYS_fsmount 432
#endif
enum { SET_FLAG, SET_STRING, SET_BINARY, SET_PATH, SET_PATH_EMPTY, SET_FD, CREATE, RECONFIGURE,
       CREATE_EXCL };

static int configure(int fd, unsigned command, const char *key, const char *value)
{
    return syscall(SYS_fsconfig, fd, command, key, value, 0);
}

static void step_log(const char *name, int fd)
{
    char text[256];
    long size;
    while ((size = read(fd, text, sizeof text - 1)) > 0) {
        text[size - (text[size - 1] == '\n')] = 0;
        step(name, "%s", text);
    }
    step_result(name, size);
}

/* What a mount in the working directory tells of options: the same as `tree`, or not. */
static const char *options_of(const char *name)
{
    static char line[4096];
    FILE *file = fopen("/proc/self/mountinfo", "r");
    while (fgets(line, sizeof line, file) != NULL) {
        char point[512];
        sscanf(line, "%*s %*s %*s %*s %511s", point);
        if (strcmp(strrchr(point, '/') + 1, name) == 0)
            break;
    }
    fclose(file);
    line[strcspn(line, "\n")] = 0;
    return strrchr(line, ' ') + 1;
}

int main(void)
{
    struct stat one, other;
    char before[256];
    cgroup_begin("a");
    expect(mkdir("a", 0755) == 0 && fstat(cgroup_root, &one) == 0, "mkdir");
    expect(chdir("a") == 0 && cgroup_write("cgroup.procs", "0") == 1, "move");
    expect(fchdir(cgroup_root) == 0 && chdir("..") == 0 && mkdir("second", 0755) == 0, "mkdir");
    snprintf(before, sizeof before, "%s", options_of("tree"));
    int fs = syscall(SYS_fsopen, "cgroup2", 1);
    expect(fs >= 0, "fsopen");
    expect_errno(configure(fs, SET_FLAG, "nothing", NULL), EINVAL, "an unknown word");
    expect_errno(configure(fs, SET_STRING, "nsdelegate", "1"), EINVAL, "a value for a word");
    step_log("log", fs);
    expect(unshare(0x2000000) == 0, "unshare(CLONE_NEWCGROUP)");  /* nothing gets to the host */
    close(fs);
    fs = syscall(SYS_fsopen, "cgroup2", 1);
    step_result("a word", configure(fs, SET_FLAG, "nsdelegate", NULL));
    step_result("create", configure(fs, CREATE, NULL, NULL));
    int mounted = syscall(SYS_fsmount, fs, 1, 0);
    expect(mounted >= 0 && fstat(mounted, &other) == 0, "fsmount");
    step("one file system", "%d", one.st_dev == other.st_dev);
    step("its root is the namespace's", "%d", faccessat(mounted, "cgroup.type", F_OK, 0) == 0);
    step_result("mount", mount("source", "second", "cgroup2", MS_NOSUID, "memory_localevents"));
    expect(stat("second", &one) == 0, "stat");
    step("the same directory", "%d", one.st_ino == other.st_ino);
    step("the options stay", "%d", strcmp(options_of("second"), before) == 0);
    step_result("mkdir there", mkdirat(mounted, "b", 0755));
    step_result("is here", access("second/b/cgroup.procs", F_OK));
    step_result("rmdir here", rmdir("second/b"));
    expect_errno(faccessat(mounted, "b", F_OK, 0), ENOENT, "gone there");
    expect_errno(mount("none", "second", "cgroup2", 0, "nothing"), EINVAL, "mount with a word");
    expect_errno(mount("none", "second", "cgroup2", 0, "nsdelegate=1"), EINVAL, "with a value");
    step_result("read-only", mount(NULL, "second", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
    expect_errno(mkdir("second/b", 0755), EROFS, "mkdir");
    expect_errno(open("second/cgroup.procs", O_WRONLY), EROFS, "open");
    step_result("umount", umount("second"));
    contract_pass();
}
