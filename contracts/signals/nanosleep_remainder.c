/* Contract: a handler ends nanosleep with EINTR even under SA_RESTART, and the time not slept
 * is written to the second argument.
 * Source: nanosleep(2), signal(7), kernel/time/hrtimer.c:do_nanosleep. */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static volatile sig_atomic_t handled;

static void on_signal(int signal)
{
    (void)signal;
    handled++;
}

static void sleep_and_be_woken(const char *name, int flags)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
    pid_t parent = getpid(), child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        wait_for_state(parent, 'S');
        usleep(1000); /* more than the timer slack, which counts as time left */
        kill(parent, SIGUSR1);
        _exit(0);
    }
    struct timespec asked = {60, 0}, left = {-1, -1};
    handled = 0;
    expect_errno(nanosleep(&asked, &left), EINTR, name);
    step("handler ran", "%d", (int)handled);
    step("remainder below 60 s", "%s", left.tv_sec >= 0 && left.tv_sec < 60 ? "yes" : "no");
    step("remainder above 30 s", "%s", left.tv_sec >= 30 ? "yes" : "no");
    step("request unchanged", "%s", asked.tv_sec == 60 && asked.tv_nsec == 0 ? "yes" : "no");
    wait_for_success(child);
}

int main(void)
{
    sleep_and_be_woken("nanosleep", 0);
    sleep_and_be_woken("nanosleep, SA_RESTART", SA_RESTART);
    contract_pass();
}
