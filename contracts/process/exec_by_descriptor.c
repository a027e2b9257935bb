/* Contract: execveat with AT_EMPTY_PATH runs the program behind a descriptor, close-on-exec or
 * not, and calls it /dev/fd/N; a path relative to a directory becomes /dev/fd/N/path.
 * Source: execveat(2), fs/exec.c:alloc_bprm. */
#include "../contract.h"
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/wait.h>

extern char **environ;

static void run(const char *name, int descriptor, const char *path, int flags)
{
    char *arguments[] = {"zero", "again", NULL};
    step(name, "begins");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        syscall(SYS_execveat, descriptor, path, arguments, environ, flags);
        contract_fail("execveat", "returned, errno %s", errno_name(errno));
    }
    int status;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("status", "0x%x", status);
}

int main(int argc, char **argv)
{
    char target[4096];
    if (argc == 2) {
        step("argv[0]", "%s", argv[0]);
        step("AT_EXECFN", "%s", (char *)getauxval(AT_EXECFN));
        step("descriptor 50", "%s", fcntl(50, F_GETFD) == -1 ? "closed" : "open");
        _exit(0);
    }
    int program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), here = open(".", O_RDONLY);
    expect(program >= 0 && here >= 0, "open");
    ssize_t length = readlink("/proc/self/exe", target, sizeof target - 1);
    expect(length > 0, "readlink");
    target[length] = '\0';
    expect(symlink(target, "linked") == 0, "symlink");

    expect(dup3(program, 50, 0) == 50, "dup3");
    run("by descriptor", 50, "", AT_EMPTY_PATH);
    expect(dup3(program, 50, O_CLOEXEC) == 50, "dup3");
    run("by descriptor, close-on-exec", 50, "", AT_EMPTY_PATH);
    expect(dup3(here, 50, 0) == 50, "dup3");
    run("in a directory", 50, "linked", 0);
    run("in the working directory", AT_FDCWD, "linked", 0);
    run("absolute", -1, "/proc/self/exe", 0);
    contract_pass();
}
