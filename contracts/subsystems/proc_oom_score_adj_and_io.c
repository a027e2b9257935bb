/* Contract: oom_score_adj keeps what is written, from -1000 to 1000, refuses the rest with
 * EINVAL, and is inherited; io counts the bytes and calls of read and write exactly.
 * Source: proc_pid_oom_score_adj(5), proc_pid_io(5); fs/proc/base.c. */
#include "../contract.h"
#include <sys/wait.h>

static void show(const char *name)
{
    char text[32];
    int fd = open("/proc/self/oom_score_adj", O_RDONLY);
    long got = read(fd, text, sizeof text);
    close(fd);
    step(name, "%.*s", (int)got - 1, text);
}

static void set(const char *text)
{
    char name[64];
    int fd = open("/proc/self/oom_score_adj", O_WRONLY);
    snprintf(name, sizeof name, "write %.*s", (int)strcspn(text, "\n"), text);
    step_result(name, write(fd, text, strlen(text)));
    close(fd);
}

static void counters(unsigned long *values)
{
    char text[512];
    int fd = open("/proc/self/io", O_RDONLY);
    long got = read(fd, text, sizeof text - 1);
    expect(fd >= 0 && got > 0, "io");
    close(fd);
    text[got] = 0;
    expect(sscanf(text, "rchar: %lu\nwchar: %lu\nsyscr: %lu\nsyscw: %lu\n", values, values + 1,
                  values + 2, values + 3) == 4, "format");
    values[4] = got;
}

int main(void)
{
    set("500");
    show("read back");
    set("1000\n");
    show("read back");
    set("1001");
    set("-1001");
    set("abc");
    set("\n");
    show("unchanged");
    pid_t child = fork();
    if (child == 0) {
        show("child inherits");
        _exit(0);
    }
    expect(waitpid(child, NULL, 0) == child, "waitpid");

    unsigned long before[5], after[5];
    char buffer[1000];
    int null = open("/dev/null", O_WRONLY), zero = open("/dev/zero", O_RDONLY);
    counters(before);
    expect(write(null, buffer, 1000) == 1000 && write(null, buffer, 1) == 1, "write");
    expect(read(zero, buffer, 700) == 700 && read(zero, buffer, 0) == 0, "read");
    expect(read(-1, buffer, 10) == -1, "a read that fails");
    counters(after);
    step("rchar", "%+ld", (long)(after[0] - before[0] - before[4]));
    step("wchar", "%+ld", (long)(after[1] - before[1]));
    step("syscr", "%+ld", (long)(after[2] - before[2]));
    step("syscw", "%+ld", (long)(after[3] - before[3]));
    contract_pass();
}
