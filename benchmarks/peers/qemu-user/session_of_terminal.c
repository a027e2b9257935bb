/* TIOCGSID of the controlling terminal. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    if (fork() == 0) {
        int session = -7;
        setsid();
        int master = posix_openpt(O_RDWR | O_NOCTTY);
        unlockpt(master);
        int terminal = open(ptsname(master), O_RDWR);
        int value = ioctl(terminal, TIOCGSID, &session);
        dprintf(1, "TIOCGSID: %d\n", value);
        dprintf(1, "session: %s\n", session == getpid() ? "its own" : "not written");
        _exit(0);
    }
    wait(NULL);
    return 0;
}
