/* Contract: a handler without SA_RESTART ends FUTEX_WAIT with EINTR; with a timeout even
 * SA_RESTART does not help, because the wait would restart through restart_syscall.
 * Source: futex(2), signal(7), kernel/futex/waitwake.c:futex_wait. */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define WAIT_PRIVATE (0 | 128)

static int word = 5;
static volatile sig_atomic_t handled;

static void on_signal(int signal)
{
    (void)signal;
    handled++;
}

static void wait_and_be_woken(const char *name, int flags, const struct timespec *timeout)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
    pid_t parent = getpid(), child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        wait_for_state(parent, 'S');
        kill(parent, SIGUSR1);
        _exit(0);
    }
    expect_errno(syscall(SYS_futex, &word, WAIT_PRIVATE, 5, timeout, NULL, 0), EINTR, name);
    step("handler ran", "%d", (int)handled);
    wait_for_success(child);
}

int main(void)
{
    struct timespec minute = {60, 0};
    wait_and_be_woken("wait for ever", 0, NULL);
    wait_and_be_woken("wait a minute", 0, &minute);
    wait_and_be_woken("wait a minute, SA_RESTART", SA_RESTART, &minute);
    contract_pass();
}
