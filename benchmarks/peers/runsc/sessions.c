/* Sessions and orphans. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void told(const char *what, long got)
{
    printf("%s: %s\n", what, got < 0 ? strerrorname_np(errno) : "no error");
}

int main(int argc, char **argv)
{
    char byte;
    int ends[2];
    if (argc > 1)
        return (int)read(argv[1][0] - '0', &byte, 1);
    told("PR_SET_CHILD_SUBREAPER", prctl(PR_SET_CHILD_SUBREAPER, 1));
    fflush(stdout);
    if (fork() == 0) {
        printf("setsid gives the session: %s\n", setsid() == getpid() ? "yes" : "no");
        return 0;
    }
    wait(NULL);
    if (pipe(ends))
        return 1;
    pid_t child = fork();
    if (child == 0) {
        char name[2] = {(char)('0' + ends[0]), 0};
        close(ends[1]);
        execv("/proc/self/exe", (char *[]){"self", name, NULL});
        _exit(1);
    }
    usleep(300000); /* until it has executed */
    told("setpgid of a child that has executed", setpgid(child, 0));
    close(ends[1]);
    wait(NULL);
}
