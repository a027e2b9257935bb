/* Contract: an I/O priority is a class and a level that a task keeps and its children inherit;
 * a task without one reads as none by its id, and as what its nice value stands for when asked
 * about as one of a group. Level and class are checked before anybody is looked for.
 * Requires: Linux 6.12
 * Source: ioprio_set(2), block/ioprio.c. */
#include "../contract.h"
#include <sys/resource.h>

enum { PROCESS = 1, GROUP, USER };
enum { NONE, REAL_TIME, BEST_EFFORT, IDLE };
#define PRIORITY(class, level) ((class) << 13 | (level))

static long set(int which, int who, int priority)
{
    return syscall(SYS_ioprio_set, which, who, priority);
}

static long get(int which, int who)
{
    return syscall(SYS_ioprio_get, which, who);
}

static void show(const char *name, long value)
{
    if (value == -1)
        step_result(name, value);
    else
        step(name, "class %ld level %ld", value >> 13, value & 0x1fff);
}

static void in_child(const char *name)
{
    int status;
    pid_t child = fork();
    if (!child) {
        show(name, get(PROCESS, 0));
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child && status == 0, "the child");
}

int main(void)
{
    expect(setpgid(0, 0) == 0 || getpgrp() == getpid(), "a group of its own");
    show("at first", get(PROCESS, 0));
    show("at first, of its group", get(GROUP, 0));
    in_child("a child's at first");
    expect(setpriority(PRIO_PROCESS, 0, 10) == 0, "setpriority");
    show("nice, of its group", get(GROUP, getpgrp()));
    show("nice", get(PROCESS, getpid()));

    expect(set(PROCESS, 0, PRIORITY(BEST_EFFORT, 6)) == 0, "set best effort");
    show("best effort", get(PROCESS, getpid()));
    show("best effort, of its group", get(GROUP, 0));
    in_child("a child's");
    expect(set(GROUP, 0, PRIORITY(IDLE, 0)) == 0, "set idle");
    show("idle", get(PROCESS, 0));
    expect(set(PROCESS, 0, PRIORITY(IDLE, 5)) == 0, "set idle with a level");
    show("idle with a level", get(PROCESS, 0));
    expect(set(PROCESS, 0, PRIORITY(BEST_EFFORT, 0x1ff8)) == 0, "set a hint");
    show("with a hint", get(PROCESS, 0));
    expect(set(PROCESS, 0, 0) == 0, "set none");
    show("none", get(PROCESS, 0));
    show("none, of its group", get(GROUP, 0));

    expect_errno(set(PROCESS, 0, PRIORITY(NONE, 1)), EINVAL, "none with a level");
    expect_errno(set(PROCESS, 0, PRIORITY(4, 0)), EINVAL, "class 4");
    expect_errno(set(PROCESS, 0, PRIORITY(7, 0)), EINVAL, "class 7");
    expect_errno(set(PROCESS, 0x7fffffff, PRIORITY(4, 0)), EINVAL, "class 4 of nobody");
    expect_errno(set(PROCESS, 0x7fffffff, 0), ESRCH, "of nobody");
    expect_errno(set(GROUP, 0x7fffffff, 0), ESRCH, "of no group");
    expect_errno(set(USER, 0x7ffffff0, 0), ESRCH, "of no user");
    expect_errno(set(0, 0, 0), EINVAL, "which 0");
    expect_errno(set(4, 0, 0), EINVAL, "which 4");
    expect_errno(get(PROCESS, 0x7fffffff), ESRCH, "get of nobody");
    expect_errno(get(PROCESS, -1), ESRCH, "get of -1");
    expect_errno(get(GROUP, 0x7fffffff), ESRCH, "get of no group");
    expect_errno(get(USER, 0x7ffffff0), ESRCH, "get of no user");
    expect_errno(get(0, 0), EINVAL, "get which 0");
    contract_pass();
}
