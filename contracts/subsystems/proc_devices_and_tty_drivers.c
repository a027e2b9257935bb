/* Contract: /proc/devices and /proc/tty/drivers name the drivers of terminals and of memory devices
 * by the numbers that stat shows, in the columns that ps(1) reads. proc_devices(5),
 * proc_tty(5). */
#include "contract.h"
#include <sys/stat.h>
#include <sys/sysmacros.h>

static char text[65536];

static void show(const char *path, const char *const *wanted)
{
    long used = 0, got;
    int fd = open(path, O_RDONLY);
    expect(fd >= 0, path);
    while ((got = read(fd, text + used, sizeof text - 1 - used)) > 0)
        used += got;
    close(fd);
    text[used] = 0;
    for (; *wanted; wanted++) {
        char line[128];
        snprintf(line, sizeof line, "%s\n", *wanted);
        char *found = strstr(text, line);
        step(path, "%d %s", found && (found == text || found[-1] == '\n'), *wanted);
    }
}

int main(void)
{
    static const char *const devices[] = {
        "Character devices:", "  1 mem", "  5 /dev/tty", "  5 /dev/console", "  5 /dev/ptmx",
        "128 ptm", "136 pts", "", "Block devices:", NULL};
    static const char *const drivers[] = {
        "/dev/tty             /dev/tty        5       0 system:/dev/tty",
        "/dev/console         /dev/console    5       1 system:console",
        "/dev/ptmx            /dev/ptmx       5       2 system",
        "pty_slave            /dev/pts      136 0-1048575 pty:slave",
        "pty_master           /dev/ptm      128 0-1048575 pty:master", NULL};
    static const char *const disciplines[] = {"n_tty       0", NULL};
    struct stat about;
    show("/proc/devices", devices);
    show("/proc/tty/drivers", drivers);
    show("/proc/tty/ldiscs", disciplines);
    expect(stat("/dev/null", &about) == 0, "stat");
    step("/dev/null", "%u", major(about.st_rdev));
    expect(stat("/dev/ptmx", &about) == 0, "stat");
    step("/dev/ptmx", "%u", major(about.st_rdev));
    contract_pass();
}
