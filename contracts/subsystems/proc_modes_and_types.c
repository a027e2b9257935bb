/* Contract: what kind of file each entry of /proc is, its mode, and that it is empty for stat;
 * self and thread-self are links, mounts and net lead through self. proc(5). */
#include "contract.h"
#include <sys/stat.h>

int main(void)
{
    static const char *const names[] = {
        "buddyinfo", "cgroups", "consoles", "cpuinfo", "devices", "diskstats",
        "driver", "execdomains", "filesystems", "interrupts", "loadavg", "meminfo",
        "misc", "mounts", "net", "partitions", "self", "slabinfo", "softirqs", "stat", "swaps",
        "sysvipc", "thread-self", "tty", "uptime", "version", "vmstat"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        char path[64], text[64] = "";
        struct stat about;
        snprintf(path, sizeof path, "/proc/%s", names[i]);
        if (lstat(path, &about))
            contract_fail(names[i], "%s", errno_name(errno));
        if (S_ISLNK(about.st_mode) && about.st_mode && names[i][0] != 't' && names[i][1] != 'e')
            expect(readlink(path, text, sizeof text - 1) > 0, "readlink");
        if (S_ISREG(about.st_mode))
            snprintf(text, sizeof text, "size %ld", (long)about.st_size);
        step(names[i], "%o %s", about.st_mode, text);
    }
    contract_pass();
}
