/* Contract: ITIMER_VIRTUAL counts user time and sends SIGVTALRM, ITIMER_PROF counts all CPU time
 * and sends SIGPROF; neither runs while the process sleeps.
 * Source: setitimer(2), kernel/time/posix-cpu-timers.c:check_process_timers. */
#include "../contract.h"
#include <signal.h>
#include <sys/time.h>
#include <time.h>

static volatile sig_atomic_t seen[65];

static void on_signal(int signal)
{
    seen[signal]++;
}

static void run(const char *name, int kind, int signal_number)
{
    struct itimerval value = {.it_value = {0, 10000}}, left;
    struct timespec nap = {0, 30000000};
    expect(signal(signal_number, on_signal) != SIG_ERR, "signal");
    expect(setitimer(kind, &value, NULL) == 0, name);
    expect(nanosleep(&nap, NULL) == 0, "nanosleep");
    step(name, "signals after a sleep %d", (int)seen[signal_number]);
    while (seen[signal_number] == 0)
        ;
    step(name, "signals after work %d", (int)seen[signal_number]);
    expect(getitimer(kind, &left) == 0, "getitimer");
    step(name, "then %ld %ld", (long)left.it_value.tv_sec, (long)left.it_value.tv_usec);
}

int main(void)
{
    run("ITIMER_VIRTUAL", ITIMER_VIRTUAL, SIGVTALRM);
    run("ITIMER_PROF", ITIMER_PROF, SIGPROF);
    step("SIGALRM", "%d", (int)seen[SIGALRM]);
    contract_pass();
}
