/* Contract: a signal reaches a program that makes no system call and touches no new memory: the
 * timer interrupts its loop, and the loop goes on afterwards.
 * Source: signal(7), kernel/entry/common.c:irqentry_exit_to_user_mode. */
#include "../contract.h"
#include <signal.h>
#include <sys/time.h>

static volatile sig_atomic_t ran;

static void on_alarm(int signal)
{
    (void)signal;
    ran++;
}

int main(void)
{
    expect(signal(SIGALRM, on_alarm) != SIG_ERR, "signal");
    struct itimerval soon = {.it_value = {0, 5000}};
    expect(setitimer(ITIMER_REAL, &soon, NULL) == 0, "setitimer");
    while (ran == 0)
        ;
    step("first", "%d", (int)ran);

    struct itimerval often = {{0, 2000}, {0, 2000}}, off = {{0, 0}, {0, 0}};
    expect(setitimer(ITIMER_REAL, &often, NULL) == 0, "setitimer");
    while (ran < 5)
        ;
    expect(setitimer(ITIMER_REAL, &off, NULL) == 0, "setitimer");
    step("at least five", "%s", ran >= 5 ? "yes" : "no");
    contract_pass();
}
