/* Contract: alarm returns the seconds that were left of the last one, a second nearly whole as
 * one and never 0, and shares its timer with setitimer; fork does not copy it.
 * Source: alarm(2), kernel/time/itimer.c:alarm_setitimer. */
#include "../contract.h"
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

static void set(long seconds, long microseconds)
{
    struct itimerval value = {.it_value = {seconds, microseconds}};
    expect(setitimer(ITIMER_REAL, &value, NULL) == 0, "setitimer");
}

int main(void)
{
    struct itimerval now;
    expect(signal(SIGALRM, SIG_IGN) != SIG_ERR, "signal");
    step("first", "%u", alarm(100));
    step("second", "%u", alarm(50));
    expect(getitimer(ITIMER_REAL, &now) == 0, "getitimer");
    step("getitimer above 40 s", "%s", now.it_value.tv_sec >= 40 ? "yes" : "no");
    step("interval", "%ld", (long)now.it_interval.tv_sec);
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        step("child", "%u", alarm(0));
        _exit(0);
    }
    wait_for_success(child);
    step("off", "%u", alarm(0));
    step("off again", "%u", alarm(0));
    set(10, 950000);
    step("10.95 s", "%u", alarm(0));
    set(0, 450000);
    step("0.45 s", "%u", alarm(0));
    contract_pass();
}
