/* Contract: a handler that interrupts a computation anywhere in its middle leaves the result,
 * integer and floating point, as if there had been none.
 * Source: signal(7), sigreturn(2). */
#include "../contract.h"
#include <signal.h>
#include <sys/time.h>

static volatile sig_atomic_t ran;
static volatile double scratch = 3.0;

static void on_alarm(int signal)
{
    (void)signal;
    for (int i = 0; i < 10; i++)
        scratch = scratch * 1.5 - (double)i / 7;
    ran++;
}

/* Compute until `limit` rounds are done, or, if that is 0, until five signals came. */
static unsigned long compute(unsigned long limit, unsigned long *whole, double *real)
{
    unsigned long state = 12345, rounds = 0;
    double sum = 0.25;
    while (limit ? rounds < limit : ran < 5) {
        state = state * 6364136223846793005UL + 1442695040888963407UL;
        sum = sum * 0.5 + (double)(state >> 40);
        rounds++;
    }
    *whole = state;
    *real = sum;
    return rounds;
}

int main(void)
{
    unsigned long whole, again_whole;
    double real, again_real;
    expect(signal(SIGALRM, on_alarm) != SIG_ERR, "signal");
    struct itimerval often = {{0, 2000}, {0, 2000}}, off = {{0, 0}, {0, 0}};
    expect(setitimer(ITIMER_REAL, &often, NULL) == 0, "setitimer");
    unsigned long rounds = compute(0, &whole, &real);
    expect(setitimer(ITIMER_REAL, &off, NULL) == 0, "setitimer");
    step("interrupted five times", "%s", ran >= 5 ? "yes" : "no");
    expect(compute(rounds, &again_whole, &again_real) == rounds, "rounds");
    step("same integer", "%s", whole == again_whole ? "yes" : "no");
    step("same floating point", "%s", memcmp(&real, &again_real, sizeof real) ? "no" : "yes");
    contract_pass();
}
