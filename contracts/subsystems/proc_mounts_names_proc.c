/* Contract: /proc/mounts is a link to self/mounts, which has six columns a line and knows /proc
 * as type proc; mountinfo has the same mount, with an id, a parent, root "/" and, after " - ",
 * the type; its id is the mount id that statx tells.
 * Source: proc_pid_mounts(5), proc_pid_mountinfo(5), statx(2). */
#include "../contract.h"
#include <sys/vfs.h>

static char text[262144];

static void load(const char *path)
{
    long got, used = 0;
    int fd = open(path, O_RDONLY);
    expect(fd >= 0, path);
    while ((got = read(fd, text + used, sizeof text - 1 - used)) > 0)
        used += got;
    close(fd);
    text[used] = 0;
}

int main(void)
{
    char link[64], where[512], type[64], options[1024], root[512];
    int one, two, id = 0, parent, major, minor, end, roots = 0, bad = 0;
    long got = readlink("/proc/mounts", link, sizeof link - 1);
    expect(got > 0, "readlink");
    step("/proc/mounts", "%.*s", (int)got, link);
    load("/proc/self/mounts");
    for (char *line = text; *line; line = strchr(line, '\n') + 1) {
        if (sscanf(line, "%*s %511s %63s %1023s %d %d", where, type, options, &one, &two) != 5)
            bad++;
        roots += strcmp(where, "/") == 0;
        if (strcmp(where, "/proc") == 0)
            step("mounts: /proc", "%s, %.2s, %d %d", type, options, one, two);
    }
    step("lines of another shape", "%d", bad);
    step("the root is mounted", "%s", roots ? "yes" : "no");
    load("/proc/self/mountinfo");
    for (char *line = text; *line; line = strchr(line, '\n') + 1) {
        expect(sscanf(line, "%d %d %d:%d %511s %511s %1023s%n", &one, &parent, &major, &minor,
                      root, where, options, &end) == 7, "mountinfo");
        if (strcmp(where, "/proc"))
            continue;
        id = one;
        sscanf(strstr(line, " - "), " - %63s", type);
        step("mountinfo: /proc", "root %s, type %s, major %d", root, type, major);
    }
    /* The mount id is at byte 144 of struct statx, its mask bit is 0x1000. */
    unsigned char fields[256] = {0};
    unsigned mask;
    unsigned long mount;
    step_result("statx", syscall(SYS_statx, AT_FDCWD, "/proc", 0, 0x1000, fields));
    memcpy(&mask, fields, sizeof mask);
    memcpy(&mount, fields + 144, sizeof mount);
    step("mask has the mount id", "%s", mask & 0x1000 ? "yes" : "no");
    step("it is the id in mountinfo", "%s", mount == (unsigned long)id ? "yes" : "no");
    struct statfs system;
    expect(statfs("/proc", &system) == 0, "statfs");
    step("magic", "%#lx", (unsigned long)system.f_type);
    contract_pass();
}
