/* Contract: a proc shows the PID namespace in which it was mounted: its processes and their numbers,
 * /proc/self of those it knows, and in status the numbers from its level downwards.
 * Requires: CAP_SYS_ADMIN
 * Source: pid_namespaces(7), proc(5); fs/proc/array.c:task_state, fs/proc/fd.c. */
#include "pidns.h"
#include <dirent.h>

static void list(const char *path)
{
    char text[256];
    int used = 0;
    DIR *directory = opendir(path);
    expect(directory != NULL, "opendir");
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
            used += snprintf(text + used, sizeof text - used, " %.8s", entry->d_name);
    closedir(directory);
    step(path, "%.*s", used, text);
}

static void show_link(const char *path)
{
    char text[256];
    long size = readlink(path, text, sizeof text - 1);
    text[size > 0 ? size : 0] = 0;
    step(path, "%s", size >= 0 ? text : errno_name(errno));
}

static void show_numbers(const char *path)
{
    static const char *const keys[] = {"Tgid", "Pid", "PPid", "TracerPid", "NStgid", "NSpid",
                                       "NSpgid", "NSsid"};
    for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s %s", path, keys[i]);
        step(name, "%s", status_value(path, keys[i]));
    }
}

static void show_stat(const char *path)
{
    char line[1024] = "";
    int fields[6], fd = open(path, O_RDONLY);
    expect(fd >= 0 && read(fd, line, sizeof line - 1) > 0, "read");
    close(fd);
    expect(sscanf(line, "%d", fields) == 1, "pid");
    expect(sscanf(strrchr(line, ')') + 4, "%d %d %d %d %d", fields + 1, fields + 2, fields + 3,
                  fields + 4, fields + 5) == 5, "fields");
    step(path, "pid %d, parent %d, group %d, session %d, tty group %d", fields[0], fields[1],
         fields[2], fields[3], fields[5]);
}

static void pidfd_info(const char *name, int pidfd)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
    step(name, "Pid %s", status_value(path, "Pid"));
    step(name, "NSpid %s", status_value(path, "NSpid"));
}

int main(void)
{
    int down[2], ready[2];
    char byte;
    expect(pipe(down) == 0 && pipe(ready) == 0, "pipe");
    pid_t child = fork_into_namespace(0);
    if (child == 0) {
        step("an outer proc's self", "%d", access("/proc/self/status", F_OK));
        mount_proc();
        list("/proc");
        show_link("/proc/self");
        show_link("/proc/thread-self");
        show_numbers("/proc/self/status");
        show_stat("/proc/self/stat");
        pid_t worker = must_fork();
        if (worker == 0) {
            expect(setsid() == 2, "setsid");
            pid_t last = fork_into_namespace(0);
            if (last == 0) {
                show_link("/proc/self");
                expect(write(ready[1], "", 1) == 1, "write");
                expect(read(down[0], &byte, 1) == 1, "read");
                mount_proc();
                show_link("/proc/self");
                list("/proc");
                show_numbers("/proc/self/status");
                show_stat("/proc/1/stat");
                _exit(0);
            }
            expect(read(ready[0], &byte, 1) == 1, "read");
            list("/proc");
            list("/proc/2/task");
            show_link("/proc/self");
            show_numbers("/proc/3/status");
            show_stat("/proc/3/stat");
            int pidfd = syscall(SYS_pidfd_open, last, 0);
            pidfd_info("pidfd", pidfd);
            expect(write(down[1], "", 1) == 1, "write");
            step_end("last", last);
            pidfd_info("pidfd of the dead", pidfd);
            step_result("is there", access("/proc/3", F_OK));
            _exit(0);
        }
        step_end("worker", worker);
        expect(umount("/proc") == 0, "umount");
        char number[64];
        snprintf(number, sizeof number, "%s", status_value("/proc/self/status", "NSpid"));
        step("under the outer proc", "numbers of %d levels", strchr(number, ' ') ? 2 : 1);
        step("own number last", "%s", strrchr(number, ' ') ? strrchr(number, ' ') + 1 : "?");
        _exit(0);
    }
    step_end("namespace", child);
    contract_pass();
}
