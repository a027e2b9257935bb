/*
 * Contract: the signal that a child's creator chose in place of SIGCHLD carries its own number in
 * si_signo, and tells of the child as SIGCHLD would; a child with none tells nobody.
 */
#define _GNU_SOURCE
#include "contract.h"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t handled;
static siginfo_t seen;

static void handler(int signo, siginfo_t *info, void *context)
{
    (void)context;
    handled = signo;
    seen = *info;
}

static pid_t child_with(int exit_signal, int status)
{
    handled = 0;
    pid_t child = syscall(SYS_clone, (long)exit_signal, NULL, NULL, NULL, NULL);
    if (child == 0) {
        if (status < 0)
            kill(getpid(), SIGKILL);
        _exit(status);
    }
    return child;
}

static void report(const char *what, pid_t child)
{
    int status = 0;
    expect(waitpid(child, &status, __WALL) == child, "waits for the child");
    step(what, "handled %d, si_signo %d, si_code %d, si_status %d, of the child %d, status %#x",
         (int)handled, seen.si_signo, seen.si_code, seen.si_status, seen.si_pid == child, status);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "handles SIGUSR1");
    expect(sigaction(SIGCHLD, &action, NULL) == 0, "handles SIGCHLD");
    expect(sigaction(SIGFPE, &action, NULL) == 0, "handles SIGFPE");
    report("SIGUSR1, exit", child_with(SIGUSR1, 7));
    report("SIGUSR1, killed", child_with(SIGUSR1, -1));
    report("SIGFPE, exit", child_with(SIGFPE, 3));
    report("SIGCHLD, exit", child_with(SIGCHLD, 4));
    seen = (siginfo_t){0};
    report("none", child_with(0, 5));
    contract_pass();
}
