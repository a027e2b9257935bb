/* Contract: epoll_wait returns EINTR after a handler even if that was installed with
 * SA_RESTART.
 * Source: signal(7), fs/eventpoll.c:ep_poll. */
#include "../contract.h"
#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>

static volatile sig_atomic_t handled;

static void on_signal(int signal)
{
    (void)signal;
    handled++;
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
    int instance = epoll_create1(0);
    expect(instance >= 0, "epoll_create1");
    pid_t parent = getpid(), child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        wait_for_state(parent, 'S');
        kill(parent, SIGUSR1);
        _exit(0);
    }
    struct epoll_event event = {.events = 0x77};
    expect_errno(epoll_wait(instance, &event, 1, -1), EINTR, "epoll_wait");
    step("handler ran", "%d", (int)handled);
    step("event", "0x%x", (unsigned)event.events);
    wait_for_success(child);
    contract_pass();
}
