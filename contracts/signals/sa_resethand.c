/* Contract: SA_RESETHAND puts the default action back when the handler is entered, not when it
 * returns, and does not by itself unblock the signal; the second one is fatal.
 * Source: sigaction(2), kernel/signal.c:get_signal. */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>

static void on_signal(int signal)
{
    struct sigaction now;
    sigset_t set;
    sigprocmask(SIG_BLOCK, NULL, &set);
    sigaction(signal, NULL, &now);
    step("handler is default in the handler", "%s", now.sa_handler == SIG_DFL ? "yes" : "no");
    step("SA_RESETHAND still in flags", "%s", now.sa_flags & (int)SA_RESETHAND ? "yes" : "no");
    step("own signal blocked", "%d", sigismember(&set, signal));
}

int main(void)
{
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
        expect(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
        kill(getpid(), SIGUSR1);
        step("after the first", "alive");
        kill(getpid(), SIGUSR1);
        step("after the second", "alive");
        _exit(0);
    }
    int status;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("killed by", "%d", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    contract_pass();
}
