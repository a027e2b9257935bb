/* SA_NOCLDSTOP: nothing is sent when a child stops. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void handler(int number)
{
    (void)number;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_NOCLDSTOP};
    sigset_t set, pending;
    int status;

    sigaction(SIGCHLD, &action, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    kill(child, SIGSTOP);
    waitpid(child, &status, WUNTRACED);
    usleep(100000);
    sigpending(&pending);
    dprintf(1, "SIGCHLD pending after a stop: %d\n", sigismember(&pending, SIGCHLD));
    kill(child, SIGKILL);
    return 0;
}
