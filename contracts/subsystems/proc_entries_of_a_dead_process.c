/* Contract: a zombie is still in /proc: state Z, empty cmdline, no exe or cwd to look at;
 * after it is reaped its directory is gone: ENOENT by name, but ESRCH by what was opened
 * before, be it a file or the directory.
 * Source: proc_pid(5); fs/proc/base.c:proc_single_show, fs/proc/array.c. */
#include "../contract.h"
#include <sys/wait.h>

static char directory[64];

static char *in(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

/* Read with a name, from a descriptor or both; the first bytes of what comes. */
static void state(const char *name, int fd)
{
    char text[4096], *line;
    long got = pread(fd, text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = 0;
    line = strstr(text, "State:");
    step(name, "%.*s", line ? (int)strcspn(line, "\n") : 0, line ? line : "");
}

int main(void)
{
    int hold[2];
    char text[256];
    expect(pipe(hold) == 0, "pipe");
    pid_t child = fork();
    if (child == 0) {
        close(hold[1]);
        _exit(read(hold[0], text, 1) == 0 ? 3 : 4);
    }
    snprintf(directory, sizeof directory, "/proc/%d", child);
    int status = open(in("status"), O_RDONLY), cmdline = open(in("cmdline"), O_RDONLY);
    int top = open(directory, O_RDONLY | O_DIRECTORY), stat = open(in("stat"), O_RDONLY);
    expect(status >= 0 && cmdline >= 0 && top >= 0 && stat >= 0, "open");
    step("alive: cmdline", "%s", pread(cmdline, text, sizeof text, 0) > 0 ? "some" : "none");
    step("alive: exe", "%s", readlink(in("exe"), text, sizeof text) > 0 ? "some" : "none");
    close(hold[1]);
    siginfo_t info;
    expect(waitid(P_PID, child, &info, WEXITED | WNOWAIT) == 0, "waitid");

    state("zombie", status);
    step_result("zombie: cmdline", pread(cmdline, text, sizeof text, 0));
    expect_errno(readlink(in("exe"), text, sizeof text), ENOENT, "zombie: exe");
    expect_errno(readlink(in("cwd"), text, sizeof text), ENOENT, "zombie: cwd");
    step_result("zombie: maps", read(open(in("maps"), O_RDONLY), text, sizeof text));
    step_result("zombie: kill 0", kill(child, 0));

    expect(waitpid(child, NULL, 0) == child, "waitpid");
    expect_errno(pread(status, text, sizeof text, 0), ESRCH, "reaped: status");
    expect_errno(pread(stat, text, sizeof text, 0), ESRCH, "reaped: stat");
    step_result("reaped: cmdline", pread(cmdline, text, sizeof text, 0));
    expect_errno(openat(top, "status", O_RDONLY), ESRCH, "reaped: openat");
    expect_errno(open(in("status"), O_RDONLY), ENOENT, "reaped: open");
    expect_errno(open(directory, O_RDONLY), ENOENT, "reaped: its directory");
    expect_errno(access(directory, F_OK), ENOENT, "reaped: access");
    expect_errno(readlink(in("exe"), text, sizeof text), ENOENT, "reaped: exe");
    expect_errno(kill(child, 0), ESRCH, "reaped: kill 0");
    contract_pass();
}
