/* Contract: the files of /proc about the whole system have their known shape and agree with
 * the system calls: version and sys/kernel with uname, uptime and loadavg in their columns,
 * cpuinfo with one entry per processor, stat, meminfo, filesystems.
 * Source: proc(5) and the pages it names. */
#include "../contract.h"
#include <sys/sysinfo.h>
#include <sys/utsname.h>

static char text[262144];

static char *load(const char *path)
{
    long got, used = 0;
    int fd = open(path, O_RDONLY);
    expect(fd >= 0, path);
    while ((got = read(fd, text + used, sizeof text - 1 - used)) > 0)
        used += got;
    close(fd);
    text[used] = 0;
    return text;
}

static void same(const char *path, const char *wanted)
{
    load(path)[strcspn(text, "\n")] = 0;
    step(path, "%s", strcmp(text, wanted) ? "differs from uname" : "as uname says");
}

/* How many lines begin with `word`. */
static int lines(const char *path, const char *word)
{
    int count = 0;
    for (char *line = load(path); *line; line = strchr(line, '\n') + 1)
        count += strncmp(line, word, strlen(word)) == 0;
    return count;
}

int main(void)
{
    struct utsname names;
    struct sysinfo info;
    char wanted[256];
    double first, second, third;
    int running, all, last, end = 0;
    expect(uname(&names) == 0 && sysinfo(&info) == 0, "uname and sysinfo");
    same("/proc/sys/kernel/ostype", names.sysname);
    same("/proc/sys/kernel/osrelease", names.release);
    same("/proc/sys/kernel/version", names.version);
    same("/proc/sys/kernel/hostname", names.nodename);
    snprintf(wanted, sizeof wanted, "Linux version %.65s (", names.release);
    step("version", "%s", strncmp(load("/proc/version"), wanted, strlen(wanted))
         ? "something else" : "begins as uname says");
    expect(sscanf(load("/proc/uptime"), "%lf %lf%n", &first, &second, &end) == 2, "uptime");
    step("uptime", "two numbers, then '\\n': %s", strcmp(text + end, "\n") ? "no" : "yes");
    expect(sscanf(load("/proc/loadavg"), "%lf %lf %lf %d/%d %d%n", &first, &second, &third,
                  &running, &all, &last, &end) == 6, "loadavg");
    step("loadavg", "five columns, at least one runs: %s", running >= 1 ? "yes" : "no");
    step("pid_max", "%s", atol(load("/proc/sys/kernel/pid_max")) >= 301 ? "sane" : "too small");
    int processors = lines("/proc/cpuinfo", "processor");
    step("cpuinfo", "%s", processors >= 1 ? "has processors" : "has none");
    step("stat", "%d cpu line for all", lines("/proc/stat", "cpu "));
    step("stat", "%s", lines("/proc/stat", "cpu") == processors + 1 ? "one per processor"
         : "another number");
    step("stat", "ctxt %d btime %d processes %d procs_running %d procs_blocked %d",
         lines("/proc/stat", "ctxt "), lines("/proc/stat", "btime "),
         lines("/proc/stat", "processes "), lines("/proc/stat", "procs_running "),
         lines("/proc/stat", "procs_blocked "));
    load("/proc/meminfo")[30] = 0;
    step("meminfo", "%.9s", text);
    step("MemTotal", "%s", strtoul(text + 9, NULL, 10) == info.totalram * info.mem_unit / 1024
         ? "as sysinfo says" : "differs from sysinfo");
    step("meminfo", "MemFree %d MemAvailable %d SwapTotal %d", lines("/proc/meminfo", "MemFree:"),
         lines("/proc/meminfo", "MemAvailable:"), lines("/proc/meminfo", "SwapTotal:"));
    step("filesystems", "proc %d tmpfs %d", lines("/proc/filesystems", "nodev\tproc\n"),
         lines("/proc/filesystems", "nodev\ttmpfs\n"));
    contract_pass();
}
