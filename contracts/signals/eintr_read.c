/* Contract: a caught signal without SA_RESTART ends a blocking read with EINTR; the handler
 * has run by then, and the pipe is as it was.
 * Source: signal(7), fs/pipe.c:pipe_read. */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>

static volatile sig_atomic_t handled;

static void on_signal(int signal)
{
    handled = signal;
}

int main(void)
{
    int ends[2];
    expect(pipe(ends) == 0, "pipe");
    struct sigaction action = {.sa_handler = on_signal};
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");

    pid_t parent = getpid(), child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        wait_for_state(parent, 'S');
        kill(parent, SIGUSR1);
        _exit(0);
    }
    char byte = '-';
    expect_errno(read(ends[0], &byte, 1), EINTR, "read of an empty pipe");
    step("handler saw signal", "%d", (int)handled);
    step("buffer", "%c", byte);

    expect(write(ends[1], "x", 1) == 1, "write");
    step_result("read again", read(ends[0], &byte, 1));
    step("buffer", "%c", byte);
    wait_for_success(child);
    contract_pass();
}
