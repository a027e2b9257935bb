/* Contract: after an exec, /proc/self/cmdline and environ hold argv and envp, each string with
 * its null byte and nothing between; exe still names the same file; comm is the last part of
 * the path given to execve, here "exe".
 * Source: proc_pid_cmdline(5), proc_pid_environ(5), proc_pid_exe(5), execve(2). */
#include "../contract.h"
#include <sys/stat.h>

/* Print a file of /proc/self with null bytes as '|' and ends of line as '$'. */
static void show(const char *name)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/self/%s", name);
    int fd = open(path, O_RDONLY);
    long got = read(fd, text, sizeof text - 1);
    expect(fd >= 0 && got >= 0, name);
    for (long i = 0; i < got; i++)
        if (text[i] == 0 || text[i] == '\n')
            text[i] = text[i] ? '$' : '|';
    text[got] = 0;
    step(name, "%ld bytes: %s", got, text);
    step_result("  then end of file", read(fd, text, 1));
    close(fd);
}

int main(int argc, char **argv)
{
    struct stat link, file;
    char target[4096], before[4096];
    long length = readlink("/proc/self/exe", target, sizeof target - 1);
    expect(length > 0, "readlink");
    target[length] = 0;
    if (argc < 4) {
        char *arguments[] = {"zero", "", "two words", target, NULL};
        char *environment[] = {"A=1", "EMPTY=", "no equals sign", NULL};
        step("exe is absolute", "%s", target[0] == '/' ? "yes" : "no");
        execve("/proc/self/exe", arguments, environment);
        contract_fail("execve", "%s", errno_name(errno));
    }
    snprintf(before, sizeof before, "%s", argv[3]);
    step("exe is the same after exec", "%s", strcmp(before, target) ? "no" : "yes");
    expect(stat("/proc/self/exe", &link) == 0 && stat(target, &file) == 0, "stat");
    step("it is that file", "%s",
         link.st_ino == file.st_ino && link.st_dev == file.st_dev ? "yes" : "no");
    char magic[4] = "";
    int fd = open("/proc/self/exe", O_RDONLY);
    expect(read(fd, magic, 4) == 4, "read");
    step("it is an ELF file", "%s", memcmp(magic, "\177ELF", 4) ? "no" : "yes");
    expect(argc == 4, "argc");
    argv[3][0] = 0; /* the process may write over its arguments, and cmdline shows it */
    memset(argv[3], 'x', 3);
    char cut[32];
    fd = open("/proc/self/cmdline", O_RDONLY);
    expect(read(fd, cut, 19) == 19, "cmdline");
    step("cmdline", "%s|%s|%s|%.3s", cut, cut + 5, cut + 6, cut + 16);
    show("environ");
    show("comm");
    step_result("short readlink", readlink("/proc/self/exe", target, 1));
    contract_pass();
}
