/* Contract: a program is never started without argv[0]: an empty vector, or none at all, becomes
 * one empty string.
 * Source: execve(2), fs/exec.c:do_execveat_common. */
#include "../contract.h"
#include <fcntl.h>
#include <sys/wait.h>

extern char **environ;

static void run(const char *name, char **arguments)
{
    char *environment[] = {"AGAIN=1", NULL};
    step(name, "begins");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        syscall(SYS_execve, "/proc/self/exe", arguments, environment);
        contract_fail("execve", "returned, errno %s", errno_name(errno));
    }
    int status;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("status", "0x%x", status);
}

int main(int argc, char **argv)
{
    if (getenv("AGAIN")) {
        step("argc", "%d", argc);
        step("argv[0]", "[%s]", argv[0] ? argv[0] : "NULL");
        step("argv[1]", "%s", argv[1] ? argv[1] : "NULL");
        step("environment", "[%s] then %s", environ[0], environ[1] ? environ[1] : "NULL");
        fflush(stdout);
        _exit(0);
    }
    char *none[] = {NULL};
    run("empty vector", none);
    run("no vector", NULL);
    contract_pass();
}
