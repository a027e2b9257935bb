/* Files of /proc and /dev: which can be opened at all. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    static const char *const paths[] = {
        "/dev/kmsg", "/proc/buddyinfo", "/proc/devices", "/proc/interrupts", "/proc/net/sockstat",
        "/proc/schedstat", "/proc/softirqs", "/proc/sysvipc/msg", "/proc/tty/drivers",
        "/proc/vmstat", "/proc/self/attr", "/proc/self/autogroup", "/proc/self/coredump_filter",
        "/proc/self/limits", "/proc/self/mem", "/proc/self/ns/cgroup", "/proc/self/ns/ipc",
        "/proc/self/ns/mnt", "/proc/self/ns/net", "/proc/self/ns/pid", "/proc/self/ns/time",
        "/proc/self/ns/user", "/proc/self/ns/uts", "/proc/self/projid_map",
        "/proc/self/sched", "/proc/self/schedstat", "/proc/self/setgroups",
        "/proc/self/timens_offsets", "/proc/self/wchan", "/proc/sys/fs/epoll/max_user_watches",
        "/proc/sys/fs/inotify/max_queued_events", "/proc/sys/fs/nr_open",
        "/proc/sys/fs/protected_symlinks", "/proc/sys/kernel/cap_last_cap",
        "/proc/sys/kernel/ns_last_pid", "/proc/sys/kernel/ostype", "/proc/sys/kernel/pid_max",
        "/proc/sys/kernel/random/boot_id", "/proc/sys/user/max_user_namespaces",
        "/proc/sys/user/max_pid_namespaces", "/proc/sys/vm/overcommit_memory",
    };
    for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++)
        printf("%s: %s\n", paths[i],
               open(paths[i], O_RDONLY | O_NONBLOCK) < 0 ? strerrorname_np(errno) : "opened");
}
