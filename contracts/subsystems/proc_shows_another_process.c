/* Contract: the entries of another process in /proc show that process: its name, parent,
 * directory, open files, arguments and memory as they are now, not as they were when it was
 * forked; its cmdline changes with exec, its memory can be read by its parent.
 * Source: proc_pid(5), proc_pid_mem(5). */
#include "../contract.h"
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char directory[64];

static void show(const char *name)
{
    char path[128], text[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    int fd = open(path, O_RDONLY);
    long got = read(fd, text, sizeof text - 1);
    expect(fd >= 0 && got >= 0, path);
    close(fd);
    for (long i = 0; i < got; i++)
        if (text[i] == 0 || text[i] == '\n')
            text[i] = text[i] ? '$' : '|';
    text[got] = 0;
    step(name, "%s", text);
}

static void last_part(const char *name)
{
    char path[128], target[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    long got = readlink(path, target, sizeof target - 1);
    expect(got > 0, path);
    target[got] = 0;
    step(name, "%s", strrchr(target, '/') ? strrchr(target, '/') : target);
}

static int child(int out, int in)
{
    static volatile char secret[] = "child's own";
    volatile char *address = secret;
    char byte, *arguments[] = {"renamed", "second", NULL}, *environment[] = {"LIFE=2", NULL};
    expect(mkdir("inner", 0700) == 0 && chdir("inner") == 0, "inner");
    expect(prctl(PR_SET_NAME, "the child") == 0, "prctl");
    int fd = open("open-file", O_RDWR | O_CREAT, 0600);
    expect(dup2(fd, 100) == 100, "dup2");
    secret[0] = 'C';
    expect(write(out, &address, sizeof address) == sizeof address, "write");
    expect(read(in, &byte, 1) == 1, "read");
    expect(dup2(in, 0) == 0 && dup2(out, 1) == 1, "dup2");
    execve("/proc/self/exe", arguments, environment);
    return 9;
}

int main(int argc, char **argv)
{
    char byte, text[16] = "", path[128];
    if (argc == 2 && strcmp(argv[0], "renamed") == 0)
        return write(1, "x", 1) != 1 || read(0, &byte, 1) != 1;
    int to_parent[2], to_child[2], status;
    long address;
    expect(pipe(to_parent) == 0 && pipe(to_child) == 0, "pipe");
    pid_t pid = fork();
    if (pid == 0)
        _exit(child(to_parent[1], to_child[0]));
    snprintf(directory, sizeof directory, "/proc/%d", pid);
    expect(read(to_parent[0], &address, sizeof address) == sizeof address, "read");
    show("comm");
    last_part("cwd");
    last_part("fd/100");
    snprintf(path, sizeof path, "%s/mem", directory);
    int memory = open(path, O_RDWR);
    expect(memory >= 0, "mem");
    step_result("pread of its memory", pread(memory, text, 12, address));
    step("text", "%s", text);
    step_result("pwrite to its memory", pwrite(memory, "x", 1, address));
    expect(pread(memory, text, 12, address) == 12, "pread");
    step("text", "%s", text);
    expect_errno(pread(memory, text, 12, 0), EIO, "pread at 0");
    close(memory);

    expect(write(to_child[1], "x", 1) == 1 && read(to_parent[0], &byte, 1) == 1, "handshake");
    show("cmdline");
    show("environ");
    show("comm");
    last_part("cwd");
    last_part("fd/100");
    expect(write(to_child[1], "x", 1) == 1, "write");
    expect(waitpid(pid, &status, 0) == pid, "waitpid");
    step("child exits", "%d", WEXITSTATUS(status));
    contract_pass();
}
