/* Contract: whatever SA_RESTART says, a handler ends these with EINTR: poll, select, nanosleep,
 * clock_nanosleep, sigtimedwait, pause.
 * Source: signal(7), "Interruption of system calls by signal handlers". */
#include "../contract.h"
#include <poll.h>
#include <sys/select.h>
#include <time.h>

static void on_signal(int number)
{
    (void)number;
}

/* Interrupt `parent` once it sleeps; it stays asleep only if the call was restarted. */
static pid_t interrupt(pid_t parent)
{
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        wait_for_state(parent, 'S');
        kill(parent, SIGUSR1);
        _exit(0);
    }
    return child;
}

#define interrupted(name, call)                     \
    do {                                            \
        pid_t helper = interrupt(getpid());         \
        errno = 0;                                  \
        long result = (call);                       \
        step_result(name, result);                  \
        wait_for_success(helper);                   \
    } while (0)

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct timespec span = {60, 0};
    struct timeval time = {60, 0};
    sigset_t set;
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    interrupted("poll", poll(NULL, 0, 60000));
    interrupted("select", select(0, NULL, NULL, NULL, &time));
    interrupted("nanosleep", nanosleep(&span, NULL));
    interrupted("clock_nanosleep", syscall(SYS_clock_nanosleep, CLOCK_REALTIME, 0, &span, NULL));
    interrupted("sigtimedwait", syscall(SYS_rt_sigtimedwait, &set, NULL, &span, 8));
    interrupted("pause", pause());
    contract_pass();
}
