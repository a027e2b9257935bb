/* Contract: /proc/sys/kernel/ns_last_pid is the number that the caller's PID namespace gave last, and
 * writing it chooses the next one.
 * Requires: root, CAP_SYS_ADMIN
 * Source: proc_sys_kernel(5); kernel/pid_namespace.c:pid_ns_ctl_handler. */
#include "pidns.h"

#define LAST "/proc/sys/kernel/ns_last_pid"

static void show(const char *name)
{
    char text[64];
    int fd = open(LAST, O_RDONLY);
    long size = read(fd, text, sizeof text - 1);
    close(fd);
    step(name, "%.*s", (int)(size > 0 ? size - 1 : 0), text);
}

static void store(const char *name, const char *text)
{
    int fd = open(LAST, O_WRONLY);
    long result = fd < 0 ? -1 : write(fd, text, strlen(text));
    step(name, "%s", result == (long)strlen(text) ? "written" : errno_name(errno));
    close(fd);
}

static void next(const char *name)
{
    pid_t child = must_fork();
    if (child == 0)
        _exit(0);
    step(name, "%d", child);
    step_end("it", child);
}

int main(void)
{
    pid_t child = fork_into_namespace(0);
    if (child == 0) {
        show("at first");
        next("first");
        show("then");
        store("500", "500\n");
        show("then");
        next("the next");
        store("1", "1\n");
        next("the next free one");
        store("0", "0");
        next("from the start");
        store("negative", "-1");
        store("nonsense", "nonsense");
        char text[32];
        int fd = open("/proc/sys/kernel/pid_max", O_RDONLY);
        long size = read(fd, text, sizeof text - 1);
        close(fd);
        expect(size > 0, "pid_max");
        text[size] = 0;
        long greatest = atol(text);
        store("pid_max", text);
        snprintf(text, sizeof text, "%ld", greatest + 1);
        store("more than pid_max", text);
        snprintf(text, sizeof text, "%ld", greatest - 1);
        store("less than pid_max", text);
        next("after the greatest");
        next("and then");
        expect(setresuid(65534, 65534, 65534) == 0, "setresuid");
        store("as a user", "7");
        _exit(0);
    }
    step_end("namespace", child);
    contract_pass();
}
