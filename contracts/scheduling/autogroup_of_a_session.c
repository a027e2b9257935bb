/* Contract: each session has a scheduling group of its own, whose nice value can be read and set in
 * /proc/PID/autogroup; fork stays in it, setsid makes a new one.
 * Requires: root
 * sched(7); kernel/sched/autogroup.c. */
#include "contract.h"

static char before[128];

static long load(char *text)
{
    int fd = open("/proc/self/autogroup", O_RDWR);
    long got = read(fd, text, 127);
    close(fd);
    text[got < 0 ? 0 : got] = 0;
    return got;
}

static void show(const char *name)
{
    char text[128];
    long number, end = 0;
    int nice_value = 99;
    load(text);
    expect(sscanf(text, "/autogroup-%ld nice %d\n%ln", &number, &nice_value, &end) == 2, text);
    step(name, "nice %d, %s, %s", nice_value, text[end] ? "and more" : "one line",
         strcmp(text, before) == 0 ? "as before" : "another");
    strcpy(before, text);
}

static void store(const char *value)
{
    int fd = open("/proc/self/autogroup", O_WRONLY);
    char name[64];
    snprintf(name, sizeof name, "write %s", value);
    step_result(name, write(fd, value, strlen(value)));
    close(fd);
}

int main(void)
{
    show("at first");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        show("a child");
        expect(setsid() == getpid(), "setsid");
        show("a session of its own");
        store("5");
        show("set");
        store("-3\n");
        show("set");
        store("20");
        store("-21");
        store("x");
        store("");
        show("at last");
        _exit(0);
    }
    wait_for_success(child);
    show("the parent's");
    contract_pass();
}
