/* Contract: with SA_RESTART a blocking read goes on after the handler: it returns the byte
 * that the handler itself wrote, not EINTR.
 * Source: signal(7), fs/pipe.c:pipe_read (ERESTARTSYS). */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>

static int ends[2];
static volatile sig_atomic_t handled;

static void on_signal(int signal)
{
    (void)signal;
    handled++;
    if (write(ends[1], "h", 1) != 1)
        _exit(2);
}

int main(void)
{
    expect(pipe(ends) == 0, "pipe");
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");

    pid_t parent = getpid(), child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        wait_for_state(parent, 'S');
        kill(parent, SIGUSR1);
        _exit(0);
    }
    char bytes[4] = "---";
    step_result("read", read(ends[0], bytes, 3));
    step("handler ran", "%d", (int)handled);
    step("buffer", "%s", bytes);
    wait_for_success(child);
    contract_pass();
}
