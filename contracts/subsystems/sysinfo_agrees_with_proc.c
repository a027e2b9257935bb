/* Contract: sysinfo tells memory in units of mem_unit, which agrees with /proc/meminfo, the
 * whole seconds of /proc/uptime, and at least one process; free memory is within the total.
 * Source: sysinfo(2), proc_meminfo(5); kernel/sys.c:do_sysinfo. */
#include "../contract.h"
#include <sys/sysinfo.h>

static double number(const char *path, const char *after)
{
    char text[8192], *found = text;
    int fd = open(path, O_RDONLY);
    long got = read(fd, text, sizeof text - 1);
    expect(fd >= 0 && got > 0, path);
    close(fd);
    text[got] = 0;
    if (after)
        found = strstr(text, after);
    expect(found, after ? after : path);
    return strtod(found + (after ? strlen(after) : 0), NULL);
}

int main(void)
{
    struct sysinfo info;
    memset(&info, 0xff, sizeof info);
    double earlier = number("/proc/uptime", NULL);
    step_result("sysinfo", sysinfo(&info));
    double later = number("/proc/uptime", NULL);
    long uptime = info.uptime;
    step("uptime", "%s", uptime >= (long)earlier && uptime <= (long)later + 1
         ? "as in /proc/uptime" : "another");
    step("mem_unit", "%u", info.mem_unit);
    unsigned long unit = info.mem_unit;
    step("total", "%s", info.totalram * unit / 1024 == number("/proc/meminfo", "MemTotal:")
         ? "as in /proc/meminfo" : "another");
    step("swap", "%s", info.totalswap * unit / 1024 == number("/proc/meminfo", "SwapTotal:")
         ? "as in /proc/meminfo" : "another");
    step("free within total", "%s", info.freeram > 0 && info.freeram < info.totalram
         ? "yes" : "no");
    step("high memory", "%lu %lu", info.totalhigh, info.freehigh);
    step("processes", "%s", info.procs >= 1 ? "some" : "none");
    unsigned long pages = sysconf(_SC_PHYS_PAGES);
    step("sysconf pages", "%s", pages == info.totalram * unit / 4096 ? "agree" : "differ");
    expect_errno(syscall(SYS_sysinfo, (void *)1), EFAULT, "to nowhere");
    contract_pass();
}
