/* Contract: execve takes a relative path from the working directory, follows links, and names
 * the process after the last part of the path it was given, cut to 15 bytes.
 * Source: execve(2), prctl(2) PR_GET_NAME, fs/exec.c:begin_new_exec. */
#include "../contract.h"
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void run(const char *path)
{
    char *arguments[] = {"zero", "again", NULL};
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        expect(prctl(PR_SET_NAME, "before", 0, 0, 0) == 0, "PR_SET_NAME");
        execv(path, arguments);
        contract_fail("execv", "returned, errno %s", errno_name(errno));
    }
    int status;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("status", "0x%x", status);
}

int main(int argc, char **argv)
{
    char name[16] = "", target[4096];
    if (argc == 2) {
        expect(prctl(PR_GET_NAME, name, 0, 0, 0) == 0, "PR_GET_NAME");
        step("argv[0]", "%s", argv[0]);
        step("AT_EXECFN", "%s", (char *)getauxval(AT_EXECFN));
        step("name", "%s", name);
        _exit(0);
    }
    ssize_t length = readlink("/proc/self/exe", target, sizeof target - 1);
    expect(length > 0, "readlink");
    target[length] = '\0';
    expect(symlink(target, "linked") == 0, "symlink");
    expect(mkdir("sub", 0700) == 0, "mkdir");
    expect(symlink("../linked", "sub/a_rather_long_name_of_a_program") == 0, "symlink");
    run("linked");
    run("./linked");
    run("sub/../sub//a_rather_long_name_of_a_program");
    contract_pass();
}
