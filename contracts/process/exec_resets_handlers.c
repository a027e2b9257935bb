/* Contract: over execve a caught signal becomes default, flags and mask of its action gone; an
 * ignored one stays ignored.
 * Source: execve(2), kernel/signal.c:flush_signal_handlers. */
#include "../contract.h"
#include <signal.h>

static void on_signal(int signal)
{
    (void)signal;
}

static void show(const char *name, int number)
{
    unsigned long action[4] = {9, 9, 9, 9}; /* handler, flags, restorer, mask */
    expect(syscall(SYS_rt_sigaction, number, NULL, action, 8) == 0, "rt_sigaction");
    step(name, "%s, flags 0x%lx, mask 0x%lx",
         action[0] == 0 ? "default" : action[0] == 1 ? "ignored" : "caught",
         action[1] & 0xfffffffffbffffffUL /* the restorer flag is the library's */, action[3]);
}

int main(int argc, char **argv)
{
    if (argc == 1) {
        struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_NODEFER};
        sigaddset(&action.sa_mask, SIGHUP);
        expect(sigaction(SIGUSR1, &action, NULL) == 0, "SIGUSR1");
        expect(sigaction(SIGCHLD, &action, NULL) == 0, "SIGCHLD");
        action.sa_handler = SIG_IGN;
        expect(sigaction(SIGUSR2, &action, NULL) == 0, "SIGUSR2");
        expect(signal(SIGPIPE, SIG_IGN) != SIG_ERR, "SIGPIPE");
        show("before: SIGUSR1", SIGUSR1);
        show("before: SIGUSR2", SIGUSR2);
        char *arguments[] = {argv[0], "again", NULL};
        execv("/proc/self/exe", arguments);
        contract_fail("execv", "returned, errno %s", errno_name(errno));
    }
    show("after: SIGUSR1", SIGUSR1);
    show("after: SIGCHLD", SIGCHLD);
    show("after: SIGUSR2", SIGUSR2);
    show("after: SIGPIPE", SIGPIPE);
    step_result("SIGUSR2 is harmless", kill(getpid(), SIGUSR2));
    contract_pass();
}
