/* Contract: /sys/devices/system/cpu has the lists online, possible and present, and a
 * directory for each processor; online has as many as /proc/cpuinfo and /proc/stat. /sys is
 * a sysfs, in which nothing can be created.
 * Source: sysfs(5), cpu lists as in cpuset(7). */
#include "../contract.h"
#include <dirent.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* How many processors a list such as "0-3,5" names; -1 if it is no list. */
static int count(const char *name)
{
    char path[128], text[4096], *rest = text;
    int total = 0;
    snprintf(path, sizeof path, "/sys/devices/system/cpu/%s", name);
    int fd = open(path, O_RDONLY);
    long got = read(fd, text, sizeof text - 1);
    expect(fd >= 0 && got > 0 && text[got - 1] == '\n', path);
    close(fd);
    text[got] = 0;
    do {
        long first = strtol(rest, &rest, 10);
        total += (*rest == '-' ? strtol(rest + 1, &rest, 10) : first) - first + 1;
    } while (*rest++ == ',');
    return rest[-1] == '\n' ? total : -1;
}

int main(void)
{
    char line[4096];
    struct statfs system;
    struct dirent *entry;
    int online = count("online"), infos = 0, stats = 0, directories = 0;
    FILE *info = fopen("/proc/cpuinfo", "r"), *stat = fopen("/proc/stat", "r");
    expect(info && stat, "fopen");
    while (fgets(line, sizeof line, info))
        infos += strncmp(line, "processor", 9) == 0;
    while (fgets(line, sizeof line, stat))
        stats += strncmp(line, "cpu", 3) == 0 && line[3] != ' ';
    DIR *list = opendir("/sys/devices/system/cpu");
    expect(list, "opendir");
    while ((entry = readdir(list)))
        directories += strncmp(entry->d_name, "cpu", 3) == 0 && entry->d_name[3] >= '0' &&
                       entry->d_name[3] <= '9' && entry->d_type == DT_DIR;
    step("online", "%s", online >= 1 ? "some" : "none");
    step("/proc/cpuinfo", "%s", infos == online ? "as many" : "another number");
    step("/proc/stat", "%s", stats == online ? "as many" : "another number");
    step("present", "%s", count("present") >= online ? "no fewer" : "fewer");
    step("directories", "%s", directories == count("present") ? "one for each present" : "others");
    step("possible", "%s", count("possible") >= count("present") ? "no fewer" : "fewer");
    step_result("statfs", statfs("/sys", &system));
    step("magic", "%#lx", (unsigned long)system.f_type);
    if (geteuid() == 0)
        expect(setuid(65534) == 0, "setuid");
    expect_errno(mkdir("/sys/new", 0700), EACCES, "mkdir for an ordinary user");
    expect_errno(open("/sys/new", O_CREAT | O_WRONLY, 0600), EACCES, "create for the same");
    contract_pass();
}
