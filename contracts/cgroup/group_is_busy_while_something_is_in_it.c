/* Contract: rmdir(2) of a cgroup is EBUSY while a living process or another cgroup is in it; a
 * zombie is no hindrance. What was open fails with ENODEV afterwards.
 * kernel/cgroup/cgroup.c:cgroup_destroy_locked().
 * Requires: root, cgroup2 */
#include "contract.h"
#include "cgroup.h"

int main(void)
{
    char byte, path[64];
    int status;
    cgroup_begin("");
    expect(mkdir("a", 0755) == 0 && mkdir("a/b", 0755) == 0, "mkdir");
    expect_errno(rmdir("a"), EBUSY, "with a group in it");
    pid_t child = cgroup_sleeper("a/b/cgroup.procs");
    step("child", "%s", cgroup_of(child));
    expect_errno(rmdir("a/b"), EBUSY, "with a process in it");
    int watched = cgroup_watch("a/b/cgroup.events");
    kill(child, SIGKILL);
    siginfo_t info;
    expect(waitid(P_PID, child, &info, WEXITED | WNOWAIT) == 0, "waitid");
    cgroup_await(watched, "populated 0");
    step("cgroup.procs", "'%s'", cgroup_read("a/b/cgroup.procs"));
    int procs = open("a/b/cgroup.procs", O_RDWR), events = open("a/b/cgroup.events", O_RDONLY);
    int directory = open("a/b", O_RDONLY | O_DIRECTORY);
    expect(procs >= 0 && events >= 0 && directory >= 0, "open");
    expect(read(events, path, sizeof path) > 0, "read");
    step_result("rmdir with a zombie", rmdir("a/b"));
    step("zombie", "%s", cgroup_of(child));
    expect(waitpid(child, &status, 0) == child, "waitpid");
    expect_errno(pread(procs, &byte, 1, 0), ENODEV, "read");
    expect_errno(write(procs, "0", 1), ENODEV, "write");
    expect_errno(pread(events, &byte, 1, 0), ENODEV, "read of events");
    struct pollfd changes = {.fd = events, .events = POLLIN | POLLPRI};
    int ready = poll(&changes, 1, 0);
    step("poll", "%d %x", ready, changes.revents);
    expect_errno(openat(directory, "cgroup.procs", O_RDONLY), ENOENT, "open in the directory");
    expect_errno(mkdirat(directory, "c", 0755), ENOENT, "mkdir in the directory");
    struct stat gone;
    expect(fstat(directory, &gone) == 0, "fstat");
    step("links", "%ld", (long)gone.st_nlink);
    step_result("rmdir of the other", rmdir("a"));
    contract_pass();
}
