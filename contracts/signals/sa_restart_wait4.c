/* Contract: with SA_RESTART wait4 goes on after the handler, and returns the child that the
 * handler released.
 * Source: signal(7), kernel/exit.c:do_wait (ERESTARTSYS). */
#include "../contract.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static int go[2];
static volatile sig_atomic_t handled;

static void on_signal(int signal)
{
    (void)signal;
    handled++;
    if (write(go[1], "g", 1) != 1)
        _exit(2);
}

int main(void)
{
    expect(pipe(go) == 0, "pipe");
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    expect(sigaction(SIGUSR2, &action, NULL) == 0, "sigaction");

    pid_t parent = getpid(), child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        char byte;
        wait_for_state(parent, 'S');
        kill(parent, SIGUSR2);
        _exit(read(go[0], &byte, 1) == 1 ? 7 : 8);
    }
    int status = -1;
    pid_t waited = wait4(child, &status, 0, NULL);
    step("wait4 returns the child", "%s", waited == child ? "yes" : "no");
    step("handler ran", "%d", (int)handled);
    step("status", "0x%x", status);
    contract_pass();
}
