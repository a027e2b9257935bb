/* Contract: of a script's first line the interpreter gets its path as argv[0], the rest of the
 * line as one argument without blanks around it, then the script's path and arguments.
 * Source: execve(2), fs/binfmt_script.c:load_script. */
#include "../contract.h"
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/wait.h>

static void script(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);
    expect(file >= 0, path);
    expect(write(file, text, strlen(text)) == (ssize_t)strlen(text), path);
    expect(close(file) == 0, path);
}

static void run(const char *path)
{
    char *arguments[] = {"zero is lost", "first argument", "second", NULL};
    step("run", "%s", path);
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        execv(path, arguments);
        step("execv", "%s", errno_name(errno));
        _exit(1);
    }
    int status;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("status", "0x%x", status);
}

int main(int argc, char **argv)
{
    char target[4096];
    if (getenv("INTERPRETER")) {
        for (int i = 0; i < argc; i++)
            step("argument", "[%s]", argv[i]);
        step("AT_EXECFN", "%s", (char *)getauxval(AT_EXECFN));
        _exit(0);
    }
    ssize_t length = readlink("/proc/self/exe", target, sizeof target - 1);
    expect(length > 0, "readlink");
    target[length] = '\0';
    expect(symlink(target, "interpreter") == 0, "symlink");
    expect(setenv("INTERPRETER", "1", 1) == 0, "setenv");
    script("plain", "#!./interpreter\n");
    script("argument", "#! \t./interpreter  one  two \t \nmore\n");
    script("nested", "#!./argument of nested\n");
    script("unended", "#!./interpreter -x");
    script("dos", "#!./interpreter\r\n");
    script("missing", "#!./nothing\n");
    script("empty", "#!   \n");
    script("itself", "#!./itself\n");
    run("./plain");
    run("argument");
    run("./nested");
    run("./unended");
    run("./dos");
    run("./missing");
    run("./empty");
    run("./itself");
    contract_pass();
}
