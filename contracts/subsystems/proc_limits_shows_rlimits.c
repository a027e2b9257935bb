/* Contract: /proc/self/limits is a table of the sixteen limits in columns of fixed width,
 * which shows what setrlimit has just set, "unlimited" for RLIM_INFINITY, and the unit.
 * Source: proc_pid_limits(5), getrlimit(2); fs/proc/base.c:proc_pid_limits. */
#include "../contract.h"
#include <sys/resource.h>

/* Print the line of the table that begins with `name`, or all beginnings. */
static void show(const char *name)
{
    char text[8192], *line, *next;
    int fd = open("/proc/self/limits", O_RDONLY);
    long got = read(fd, text, sizeof text - 1);
    expect(fd >= 0 && got > 0, "limits");
    close(fd);
    text[got] = 0;
    for (line = text; *line; line = next + 1) {
        next = strchr(line, '\n');
        if (name == NULL)
            step("row", "%.25s|%s", line, next - line > 66 ? "three more columns" : "short");
        else if (strncmp(line, name, strlen(name)) == 0)
            step("line", "%.*s|", (int)(next - line), line);
    }
}

static void limit(int which, rlim_t soft, rlim_t hard)
{
    struct rlimit value = {soft, hard};
    expect(setrlimit(which, &value) == 0, "setrlimit");
}

int main(void)
{
    show(NULL);
    show("Limit");
    limit(RLIMIT_CORE, 0, 0);
    show("Max core file size");
    limit(RLIMIT_NOFILE, 64, 128);
    show("Max open files");
    limit(RLIMIT_NOFILE, 33, 128);
    show("Max open files");
    limit(RLIMIT_FSIZE, 123456789, 123456789012345);
    show("Max file size");
    limit(RLIMIT_CPU, 1000, 2000);
    show("Max cpu time");
    limit(RLIMIT_STACK, 1 << 20, 8 << 20);
    show("Max stack size");
    limit(RLIMIT_MSGQUEUE, 1024, 2048);
    show("Max msgqueue size");
    limit(RLIMIT_NICE, 0, 0);
    show("Max nice priority");
    limit(RLIMIT_LOCKS, 5, RLIM_INFINITY);
    show("Max file locks");
    contract_pass();
}
