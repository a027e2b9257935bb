/* Contract: what the settings of a zombie show, and that a descriptor opened before it was waited
 * for then reads ESRCH. fs/proc/base.c. */
#include "contract.h"

static const char *const names[] = {"comm", "coredump_filter", "cpuset", "loginuid", "oom_score",
                                    "oom_score_adj", "schedstat", "sessionid", "wchan",
                                    "personality", "limits", "cgroup", "timerslack_ns"};
enum { COUNT = sizeof names / sizeof *names };

int main(void)
{
    int fds[COUNT];
    char path[64], text[4096];
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    wait_for_state(child, 'Z');
    for (int i = 0; i < COUNT; i++) {
        snprintf(path, sizeof path, "/proc/%d/%s", (int)child, names[i]);
        fds[i] = open(path, O_RDONLY);
        if (fds[i] < 0) {
            step(names[i], "open %s", errno_name(errno));
            continue;
        }
        long got = read(fds[i], text, sizeof text);
        if (got < 0)
            step(names[i], "read %s", errno_name(errno));
        else
            step(names[i], "%s", got ? "has text" : "is empty");
    }
    wait_for_success(child);
    for (int i = 0; i < COUNT; i++)
        if (fds[i] >= 0) {
            long got = pread(fds[i], text, sizeof text, 0);
            step(names[i], "afterwards %s", got < 0 ? errno_name(errno) : got ? "text" : "empty");
        }
    expect_errno(open(path, O_RDONLY), ENOENT, "open afterwards");
    contract_pass();
}
