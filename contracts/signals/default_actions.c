/* Contract: what each signal does by default: ends, stops, continues, or nothing.
 * Source: signal(7), include/linux/signal.h. */
#include "../contract.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void show(const char *name, int signal_number)
{
    int status;
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        signal(signal_number, SIG_DFL);
        setpgid(0, 0); /* a group that is not orphaned: terminal stops work */
        kill(getpid(), signal_number);
        _exit(0);
    }
    expect(waitpid(child, &status, WUNTRACED) == child, "waitpid");
    if (WIFSTOPPED(status)) {
        step(name, "stops, status 0x%x", status);
        expect(kill(child, SIGKILL) == 0, "SIGKILL");
        expect(waitpid(child, &status, 0) == child, "waitpid");
    } else if (WIFSIGNALED(status)) {
        step(name, "%s", WTERMSIG(status) == signal_number ? "ends" : "ends otherwise");
    } else {
        step(name, "nothing");
    }
}

int main(void)
{
    struct rlimit no_core = {0, 0};
    sigset_t none;
    sigemptyset(&none);
    expect(setrlimit(RLIMIT_CORE, &no_core) == 0, "RLIMIT_CORE");
    expect(sigprocmask(SIG_SETMASK, &none, NULL) == 0, "unblock");
    for (int number = 1; number < 32; number++) {
        char name[20];
        snprintf(name, sizeof name, "%d", number);
        if (number == SIGKILL || number == SIGSTOP)
            continue;
        show(name, number);
    }
    show("SIGRTMIN", SIGRTMIN);
    show("SIGRTMAX", SIGRTMAX);
    contract_pass();
}
