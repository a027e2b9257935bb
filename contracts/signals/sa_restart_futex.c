/* Contract: with SA_RESTART a FUTEX_WAIT without timeout is made again after the handler, and
 * compares the word again: a handler that changed it turns the wait into EAGAIN.
 * Source: signal(7), kernel/futex/waitwake.c:futex_wait (ERESTARTSYS). */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>

#define WAIT_PRIVATE (0 | 128)

static volatile int word = 5;
static volatile sig_atomic_t handled;

static void on_signal(int signal)
{
    (void)signal;
    handled++;
    word = 6;
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
    pid_t parent = getpid(), child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        wait_for_state(parent, 'S');
        kill(parent, SIGUSR1);
        _exit(0);
    }
    expect_errno(syscall(SYS_futex, &word, WAIT_PRIVATE, 5, NULL, NULL, 0), EAGAIN, "futex wait");
    step("handler ran", "%d", (int)handled);
    step("word", "%d", word);
    wait_for_success(child);
    contract_pass();
}
