/* Contract: execve keeps the process: pid, parent, group, session, children, working directory,
 * umask, limits and nice value.
 * Source: execve(2). */
#include "../contract.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char *number(long value)
{
    char text[24];
    snprintf(text, sizeof text, "%ld", value);
    return strdup(text);
}

static void same(const char *name, long now, const char *before)
{
    step(name, "%s", now == atol(before) ? "same" : "another");
}

int main(int argc, char **argv)
{
    struct rlimit limit = {0, 0};
    struct stat here;
    if (argc == 1) {
        expect(mkdir("sub", 0700) == 0 && chdir("sub") == 0, "chdir");
        expect(stat(".", &here) == 0, "stat");
        umask(0035);
        expect(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
        limit.rlim_cur = 77;
        expect(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
        expect(setpriority(PRIO_PROCESS, 0, 13) == 0, "setpriority");
        pid_t child = fork();
        expect(child >= 0, "fork");
        if (child == 0)
            _exit(21);
        char *arguments[] = {argv[0], number(getpid()), number(getppid()), number(getpgid(0)),
                             number(getsid(0)), number(child), number((long)here.st_ino), NULL};
        execv("/proc/self/exe", arguments);
        contract_fail("execv", "returned, errno %s", errno_name(errno));
    }
    int status = 0;
    same("pid", getpid(), argv[1]);
    same("parent", getppid(), argv[2]);
    same("group", getpgid(0), argv[3]);
    same("session", getsid(0), argv[4]);
    same("child", waitpid(-1, &status, 0), argv[5]);
    step("its status", "0x%x", status);
    expect(stat(".", &here) == 0, "stat");
    same("working directory", (long)here.st_ino, argv[6]);
    step("umask", "%03o", (unsigned)umask(0));
    expect(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
    step("soft limit of descriptors", "%ld", (long)limit.rlim_cur);
    step("nice", "%d", getpriority(PRIO_PROCESS, 0));
    contract_pass();
}
