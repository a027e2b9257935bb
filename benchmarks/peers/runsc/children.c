/* wait, and what is told of children; groups, and devices that a user makes. */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static siginfo_t seen;

static void on_child(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    seen = *info;
}

static void nothing(int number)
{
    (void)number;
}

int main(void)
{
    siginfo_t info;
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = nothing}, NULL);
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    ualarm(300000, 0);
    int got = waitid(P_PID, 0, &info, WEXITED);
    dprintf(1, "waitid for process 0, or until a signal: %s\n", got ? strerrorname_np(errno) : "done");
    kill(child, SIGSTOP);
    waitid(P_PID, child, &info, WSTOPPED);
    dprintf(1, "waitid of one that SIGSTOP stopped: code %d, status %d\n", info.si_code, info.si_status);
    sigaction(SIGCHLD, &(struct sigaction){.sa_sigaction = on_child, .sa_flags = SA_SIGINFO}, NULL);
    kill(child, SIGCONT);
    waitid(P_PID, child, &info, WCONTINUED);
    usleep(100000);
    dprintf(1, "SIGCHLD of one that goes on: code %d, status %d\n", seen.si_code, seen.si_status);
    kill(child, SIGKILL);
    while (waitpid(child, NULL, 0) != child)
        ;
    child = fork();
    if (child == 0) {
        usleep(100000);
        _exit(0);
    }
    got = waitpid(child, NULL, 0);
    dprintf(1, "waitpid with a handler for SIGCHLD: %s\n", got < 0 ? strerrorname_np(errno) : "its child");
    gid_t groups[4], given[] = {300, 100, 200};
    setgroups(3, given);
    getgroups(4, groups);
    dprintf(1, "setgroups of 300, 100, 200 is read as: %d, %d, %d\n", groups[0], groups[1], groups[2]);
    chmod(".", 0777);
    if (setresuid(1000, 1000, 1000))
        return 1;
    got = mknod("device", S_IFCHR | 0600, 0x103);
    dprintf(1, "mknod of a device by a user: %s\n", got ? strerrorname_np(errno) : "done");
}
