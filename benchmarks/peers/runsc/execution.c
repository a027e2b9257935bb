/* execve: what it takes, and what the new program is told. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void nothing(int number)
{
    (void)number;
}

int main(int argc, char **argv)
{
    if (argc < 2 && getenv("AGAIN")) {
        dprintf(1, "argc of a program that was given no arguments: %d\n", argc);
        return 0;
    }
    if (argc > 1 && !strcmp(argv[1], "by descriptor")) {
        dprintf(1, "AT_EXECFN by a descriptor: %.7s\n", (char *)getauxval(AT_EXECFN));
        return 0;
    }
    if (argc > 1) {
        dprintf(1, "argument of a script's interpreter: '%s'\n", argv[1]);
        return 0;
    }
    char here[4096], path[8192];
    ssize_t size = readlink("/proc/self/exe", here, sizeof here - 1);
    here[size] = 0;
    if (fork() == 0)
        execve(here, (char *[]){NULL}, (char *[]){"AGAIN=1", NULL});
    wait(NULL);
    if (fork() == 0)
        syscall(SYS_execveat, open(here, O_RDONLY), "", (char *[]){"x", "by descriptor", NULL}, NULL, 0x1000);
    wait(NULL);
    int script = open("script", O_CREAT | O_WRONLY, 0755);
    dprintf(script, "#!%s one  two \t \n", here);
    close(script);
    if (fork() == 0)
        execve("script", (char *[]){"x", NULL}, NULL);
    wait(NULL);
    char *big = malloc(200000);
    memset(big, 'a', 199999);
    big[199999] = 0;
    execve(here, (char *[]){"x", big, NULL}, NULL);
    dprintf(1, "argument of 200000 bytes: %s\n", strerrorname_np(errno));
    mkfifo("fifo", 0755);
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = nothing}, NULL);
    alarm(1);
    execve("fifo", (char *[]){"x", NULL}, NULL);
    dprintf(1, "a FIFO, or until a signal: %s\n", strerrorname_np(errno));
    alarm(0);
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    syscall(SYS_capget, &head, data);
    data[0].inheritable |= 1 << CAP_KILL;
    snprintf(path, sizeof path, "%d", (int)syscall(SYS_capset, &head, data));
    dprintf(1, "an inheritable capability: %s\n", path);
    int got = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0);
    dprintf(1, "an ambient one: %s\n", got ? strerrorname_np(errno) : "done");
}
