/* waitid(2) that finds nobody clears what it tells of, si_status too. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    siginfo_t info;
    pid_t child = fork();

    if (child == 0)
        for (;;)
            pause();
    memset(&info, 0x55, sizeof info);
    waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG);
    dprintf(1, "si_signo: %#x\n", (unsigned)info.si_signo);
    dprintf(1, "si_status: %#x\n", (unsigned)info.si_status);
    kill(child, SIGKILL);
    return 0;
}
