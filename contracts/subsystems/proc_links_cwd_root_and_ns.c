/* Contract: the links in /proc/self follow the process: cwd is what getcwd says, also after
 * chdir and in a child; it says (deleted) when the directory is gone and still leads there;
 * root is "/"; ns has one link per namespace, the same for parent and child.
 * Source: proc_pid_cwd(5), proc_pid_root(5), namespaces(7). */
#include "../contract.h"
#include <sys/stat.h>
#include <sys/wait.h>

/* Print the link; what the program began in is '.'. */
static void show(const char *name, const char *path)
{
    static char start[2048];
    char target[4096];
    if (!start[0])
        expect(getcwd(start, sizeof start), "getcwd");
    long got = readlink(path, target, sizeof target - 1);
    target[got > 0 ? got : 0] = 0;
    int inside = strncmp(target, start, strlen(start)) == 0;
    step(name, "%s%s", inside ? "." : "", target + (inside ? strlen(start) : 0));
}

int main(void)
{
    static const char *const kinds[] = {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"};
    char link[64], first[64], path[64];
    show("cwd", "/proc/self/cwd");
    show("root", "/proc/self/root");
    expect(mkdir("inner", 0700) == 0 && chdir("inner") == 0, "inner");
    show("cwd after chdir", "/proc/self/cwd");
    pid_t child = fork();
    if (child == 0) {
        show("child inherits", "/proc/self/cwd");
        expect(chdir("/") == 0, "chdir");
        show("child after chdir", "/proc/self/cwd");
        _exit(0);
    }
    expect(waitpid(child, NULL, 0) == child, "waitpid");
    show("parent", "/proc/self/cwd");
    int fd = open("/proc/self/cwd/file", O_CREAT | O_WRONLY, 0600);
    step("file through the link", "%s", fd >= 0 ? "created" : errno_name(errno));
    step_result("is in the directory", access("file", F_OK));
    expect(unlink("file") == 0 && rmdir("../inner") == 0, "rmdir");
    show("cwd removed", "/proc/self/cwd");
    expect_errno(syscall(SYS_getcwd, path, sizeof path), ENOENT, "getcwd");
    struct stat here, through;
    expect(stat(".", &here) == 0 && stat("/proc/self/cwd", &through) == 0, "stat");
    step("link still leads there", "%s", here.st_ino == through.st_ino ? "yes" : "no");
    step("links to it", "%d", (int)here.st_nlink);
    for (int i = 0; i < 7; i++) {
        snprintf(path, sizeof path, "/proc/self/ns/%s", kinds[i]);
        long got = readlink(path, first, sizeof first - 1);
        expect(got > 0, path);
        first[got] = 0;
        snprintf(path, sizeof path, "/proc/%d/ns/%s", getpid(), kinds[i]);
        got = readlink(path, link, sizeof link - 1);
        link[got > 0 ? got : 0] = 0;
        step("ns", "%.*s, by pid %s", (int)strcspn(first, "0123456789"), first,
             strcmp(first, link) ? "another" : "the same");
    }
    contract_pass();
}
