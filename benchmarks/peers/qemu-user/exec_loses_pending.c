/* Real-time signals that are pending outlive execve(2). */
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct timespec none = {0, 0};
    siginfo_t info;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, 36);
    if (argc == 1) {
        sigprocmask(SIG_BLOCK, &set, NULL);
        sigqueue(getpid(), 36, (union sigval){.sival_int = 1});
        execl("/proc/self/exe", argv[0], "again", NULL);
        dprintf(1, "execve: failed\n");
        return 1;
    }
    dprintf(1, "taken after execve: %d\n", sigtimedwait(&set, &info, &none));
    return 0;
}
