/* Contract: cgroup.freeze stops what is in a cgroup and below it without a stop signal: waitpid(2)
 * does not tell, signals wait, SIGKILL works, a system call goes on afterwards.
 * cgroups(7); kernel/cgroup/freezer.c, kernel/signal.c:do_freezer_trap().
 * Requires: root, cgroup2 */
#include "contract.h"
#include "cgroup.h"

static int answers[2];

static void on_usr1(int number)
{
    (void)number;
    write(answers[1], "s", 1);
}

/* A child that answers SIGUSR1 and every byte of the pipe `from`. */
static pid_t answering(int from)
{
    pid_t child = fork();
    if (child == 0) {
        char byte;
        struct sigaction action = {.sa_handler = on_usr1, .sa_flags = SA_RESTART};
        sigaction(SIGUSR1, &action, NULL);
        expect(cgroup_write("a/b/cgroup.procs", "0") == 1, "move");
        write(answers[1], "r", 1);
        while (read(from, &byte, 1) == 1)
            write(answers[1], &byte, 1);
        _exit(7);
    }
    return child;
}

static void step_answer(const char *name)
{
    char byte;
    expect(read(answers[0], &byte, 1) == 1, "answer");
    step(name, "%c", byte);
}

static void step_silence(const char *name)
{
    struct pollfd ready = {.fd = answers[0], .events = POLLIN};
    step(name, "%s", poll(&ready, 1, 60) == 0 ? "silence" : "an answer");
}

static char state_of(pid_t pid)
{
    char path[64], line[512], *end;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY);
    long size = read(fd, line, sizeof line - 1);
    close(fd);
    line[size > 0 ? size : 0] = 0;
    end = strrchr(line, ')');
    return end == NULL ? '?' : end[2];
}

int main(void)
{
    int questions[2], status, watched;
    char text[32];
    cgroup_begin("a/d a/b a c");
    expect(pipe(questions) == 0 && pipe(answers) == 0, "pipe");
    expect(mkdir("a", 0755) == 0 && mkdir("a/b", 0755) == 0 && mkdir("c", 0755) == 0, "mkdir");
    pid_t child = answering(questions[0]);
    step_answer("ready");
    watched = cgroup_watch("a/cgroup.events");
    step_write("a/cgroup.freeze", "1");
    cgroup_await(watched, "frozen 1");
    step_read("a/cgroup.events");
    step_read("a/b/cgroup.events");
    step_read("a/b/cgroup.freeze");
    step("state", "%c", state_of(child));
    step("waitpid", "%d", waitpid(child, &status, WNOHANG | WUNTRACED));
    kill(child, SIGUSR1);
    write(questions[1], "q", 1);
    step_silence("a signal and a byte");
    step_write("a/b/cgroup.freeze", "1");
    watched = cgroup_watch("a/cgroup.events");
    step_write("a/cgroup.freeze", "0");
    cgroup_await(watched, "frozen 0");
    step_read("a/b/cgroup.events");
    step_silence("its own group is still frozen");
    step_write("a/b/cgroup.freeze", "0");
    step_answer("thawed");
    step_answer("and the byte");
    step_read("a/b/cgroup.events");
    step_write("c/cgroup.freeze", "1");
    step_read("c/cgroup.events");
    snprintf(text, sizeof text, "%d", child);
    watched = cgroup_watch("c/cgroup.events");
    expect(cgroup_write("c/cgroup.procs", text) > 0, "into a frozen group");
    cgroup_await(watched, "populated 1\nfrozen 1");
    write(questions[1], "m", 1);
    step_silence("moved");
    expect(cgroup_write("a/cgroup.procs", text) > 0, "out of it");
    step_answer("moved on");
    watched = cgroup_watch("a/cgroup.events");
    step_write("a/cgroup.freeze", "1");
    cgroup_await(watched, "frozen 1");
    kill(child, SIGSTOP);
    kill(child, SIGCONT);
    step("waitpid", "%d", waitpid(child, &status, WNOHANG | WUNTRACED | WCONTINUED));
    step_write("a/cgroup.freeze", "0");
    write(questions[1], "t", 1);
    step_answer("stopped and continued meanwhile");
    watched = cgroup_watch("a/cgroup.events");
    step_write("a/cgroup.freeze", "1");
    cgroup_await(watched, "frozen 1");
    expect(mkdir("a/d", 0755) == 0, "mkdir");
    step_read("a/d/cgroup.events");
    kill(child, SIGKILL);
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("killed", "signal %d", WTERMSIG(status));
    step_read("a/cgroup.events");
    contract_pass();
}
