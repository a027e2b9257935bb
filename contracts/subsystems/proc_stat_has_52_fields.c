/* Contract: /proc/self/stat is one line of 52 fields, which agree with the system calls and
 * with /proc/self/status: ids, group, session, state R for who reads it, nice value, number
 * of threads; a child that waits in a read is S, a stopped one T, an ended one Z.
 * Source: proc_pid_stat(5), proc_pid_status(5); fs/proc/array.c:do_task_stat. */
#include "../contract.h"
#include <sys/wait.h>
#include <sched.h>

static char fields[64][64];

/* Split the stat of `who` into fields, counted from 1 as in the manual. */
static int load(const char *who)
{
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%s/stat", who);
    int fd = open(path, O_RDONLY), count = 2;
    long got = read(fd, text, sizeof text - 1);
    expect(fd >= 0 && got > 0 && text[got - 1] == '\n', "stat");
    close(fd);
    text[got - 1] = 0;
    sscanf(text, "%63s", fields[1]);
    for (char *word = strtok(strrchr(text, ')') + 1, " "); word; word = strtok(NULL, " "))
        snprintf(fields[++count], sizeof fields[0], "%.63s", word);
    return count;
}

static void same(const char *name, int field, long value)
{
    step(name, "%s", atol(fields[field]) == value ? "the same" : "another");
}

/* The state of `child` as soon as it is `wanted`. */
static void await_state(const char *name, pid_t child, char wanted)
{
    char who[16];
    snprintf(who, sizeof who, "%d", child);
    do
        sched_yield();
    while (load(who) && fields[3][0] != wanted);
    step(name, "%s", fields[3]);
}

int main(void)
{
    int ends[2];
    step("fields", "%d", load("self"));
    same("1 pid", 1, getpid());
    step("3 state", "%s", fields[3]);
    same("4 ppid", 4, getppid());
    same("5 pgrp", 5, getpgrp());
    same("6 session", 6, getsid(0));
    long nice_value = atol(fields[19]);
    step("18 priority - 19 nice", "%ld", atol(fields[18]) - nice_value);
    step("20 threads", "%s", fields[20]);
    step("21 itrealvalue", "%s", fields[21]);
    step("23 vsize is whole pages", "%s", atol(fields[23]) % 4096 ? "no" : "yes");
    step("38 exit_signal", "%s", fields[38]);
    step("52 exit_code", "%s", fields[52]);
    errno = 0;
    step("nice(1)", "%s", nice(1) == nice_value + 1 ? "a higher value" : "something else");
    load("self");
    step("after it", "priority - nice %ld, nice %+ld", atol(fields[18]) - atol(fields[19]),
         atol(fields[19]) - nice_value);

    expect(pipe(ends) == 0, "pipe");
    pid_t child = fork();
    if (child == 0) {
        char byte;
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) + 3);
    }
    await_state("child in read", child, 'S');
    same("its ppid", 4, getpid());
    step("its exit_signal", "%s", fields[38]);
    kill(child, SIGSTOP);
    await_state("child stopped", child, 'T');
    kill(child, SIGCONT);
    await_state("child continued", child, 'S');
    close(ends[1]);
    await_state("child ended", child, 'Z');
    step("its exit_code", "%s", fields[52]);
    step("its vsize", "%s", fields[23]);
    expect(waitpid(child, NULL, 0) == child, "waitpid");
    contract_pass();
}
