/* Starts a program that dies with who started it, whatever ends that.
 *
 *     leash PARENT PROGRAM [ARGUMENT...]
 *
 * runsc takes its sandbox with it when it is killed, but goes on when its own parent is. PARENT is
 * the number of the process to die with; if that has gone before the leash was on, nothing begins. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc < 3 || prctl(PR_SET_PDEATHSIG, SIGKILL))
        return 126;
    if (getppid() != (pid_t)atol(argv[1]))
        return 126;
    execv(argv[2], argv + 2);
    perror(argv[2]);
    return 127;
}
