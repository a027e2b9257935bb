/* Contract: a caught signal without SA_RESTART ends wait4 with EINTR and leaves status alone;
 * the child can be waited for afterwards.
 * Source: signal(7), kernel/exit.c:do_wait. */
#include "../contract.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static volatile sig_atomic_t handled;

static void on_signal(int signal)
{
    handled = signal;
}

int main(void)
{
    int go[2];
    expect(pipe(go) == 0, "pipe");
    struct sigaction action = {.sa_handler = on_signal};
    expect(sigaction(SIGUSR2, &action, NULL) == 0, "sigaction");

    pid_t parent = getpid(), child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        char byte;
        wait_for_state(parent, 'S');
        kill(parent, SIGUSR2);
        _exit(read(go[0], &byte, 1) == 1 ? 7 : 8);
    }
    int status = 12345;
    expect_errno(wait4(child, &status, 0, NULL), EINTR, "wait4");
    step("handler saw signal", "%d", (int)handled);
    step("status", "%d", status);
    expect(write(go[1], "g", 1) == 1, "write");
    step("wait4 again returns the child", "%s",
         wait4(child, &status, 0, NULL) == child ? "yes" : "no");
    step("status", "0x%x", status);
    contract_pass();
}
