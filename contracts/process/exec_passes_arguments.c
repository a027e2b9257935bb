/* Contract: arguments and environment reach the new program whole, empty strings and odd bytes
 * too, one after the other in memory, and the environment is exactly what was passed.
 * Source: execve(2), fs/exec.c:copy_strings. */
#include "../contract.h"

extern char **environ;

int main(int argc, char **argv)
{
    if (argc > 1) {
        step("argc", "%d", argc);
        for (int i = 0; i < argc; i++)
            step("argument", "%zu bytes [%s]", strlen(argv[i]), argv[i]);
        step("end of argv", "%s", argv[argc] == NULL ? "NULL" : "not NULL");
        int count = 0;
        for (; environ[count] != NULL; count++)
            step("environment", "[%s]", environ[count]);
        step("environment count", "%d", count);
        step("envp follows argv", "%s", environ == argv + argc + 1 ? "yes" : "no");
        int contiguous = 1;
        for (int i = 0; i + 1 < argc; i++)
            contiguous &= argv[i + 1] == argv[i] + strlen(argv[i]) + 1;
        contiguous &= environ[0] == argv[argc - 1] + strlen(argv[argc - 1]) + 1;
        for (int i = 0; i + 1 < count; i++)
            contiguous &= environ[i + 1] == environ[i] + strlen(environ[i]) + 1;
        step("strings are contiguous", "%s", contiguous ? "yes" : "no");
        contract_pass();
    }
    char *arguments[] = {"not the path", "", "two words", "tab\there", "\x01\x7f", "last", NULL};
    char *environment[] = {"FIRST=1", "EMPTY=", "no equals sign", "FIRST=again", "PATH=/nowhere",
                           NULL};
    execve("/proc/self/exe", arguments, environment);
    contract_fail("execve", "returned, errno %s", errno_name(errno));
}
