/* Contract: what kind of file each entry of /proc/self is and who may open it.
 * fs/proc/base.c:tgid_base_stuff. */
#include "contract.h"
#include <sys/stat.h>

int main(void)
{
    static const char *const names[] = {
        "auxv", "attr", "cgroup", "cmdline", "comm", "coredump_filter", "cpuset", "cwd",
        "environ", "exe", "fd", "fdinfo", "gid_map", "io", "limits", "loginuid", "maps", "mem",
        "mountinfo", "mounts", "mountstats", "ns", "oom_adj", "oom_score",
        "oom_score_adj", "personality", "projid_map", "root", "schedstat", "sessionid",
        "setgroups", "smaps", "smaps_rollup", "stat", "statm", "status", "task",
        "timerslack_ns", "uid_map", "wchan"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        char path[64];
        struct stat about;
        snprintf(path, sizeof path, "/proc/self/%s", names[i]);
        if (lstat(path, &about))
            contract_fail(names[i], "%s", errno_name(errno));
        step(names[i], "%o", about.st_mode);
    }
    contract_pass();
}
