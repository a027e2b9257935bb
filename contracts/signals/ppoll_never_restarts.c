/* Contract: ppoll returns EINTR after a handler even if that was installed with SA_RESTART,
 * with a timeout or without; revents is written (as 0) even so.
 * Source: signal(7), fs/select.c:do_sys_poll (ERESTARTNOHAND). */
#include "../contract.h"
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static volatile sig_atomic_t handled;

static void on_signal(int signal)
{
    (void)signal;
    handled++;
}

static void poll_and_be_woken(const char *name, const struct timespec *timeout)
{
    int ends[2];
    expect(pipe(ends) == 0, "pipe");
    pid_t parent = getpid(), child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        wait_for_state(parent, 'S');
        kill(parent, SIGUSR1);
        _exit(0);
    }
    struct pollfd entry = {.fd = ends[0], .events = POLLIN, .revents = 0x55};
    expect_errno(ppoll(&entry, 1, timeout, NULL), EINTR, name);
    step("handler ran", "%d", (int)handled);
    step("revents", "0x%x", (unsigned)entry.revents);
    wait_for_success(child);
}

int main(void)
{
    struct timespec minute = {60, 0};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
    poll_and_be_woken("ppoll for ever", NULL);
    poll_and_be_woken("ppoll for a minute", &minute);
    contract_pass();
}
