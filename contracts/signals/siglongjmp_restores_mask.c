/* Contract: siglongjmp out of a handler puts back the mask that sigsetjmp saved; without a saved
 * mask the signal stays blocked, as nothing returned from the handler.
 * Source: sigsetjmp(3), signal(7). */
#include "../contract.h"
#include <setjmp.h>
#include <signal.h>

static sigjmp_buf out;

static void on_signal(int signal)
{
    siglongjmp(out, signal);
}

static int blocked(int signal)
{
    sigset_t now;
    expect(sigprocmask(SIG_BLOCK, NULL, &now) == 0, "query");
    return sigismember(&now, signal);
}

int main(void)
{
    expect(signal(SIGUSR1, on_signal) != SIG_ERR, "signal");
    for (volatile int i = 0; i < 3; i++) {
        int value = sigsetjmp(out, 1);
        if (value == 0) {
            kill(getpid(), SIGUSR1);
            contract_fail("kill", "no handler");
        }
        step("mask saved", "jumped with %d, blocked %d", value, blocked(SIGUSR1));
    }
    int value = sigsetjmp(out, 0);
    if (value == 0) {
        kill(getpid(), SIGUSR1);
        contract_fail("kill", "no handler");
    }
    step("mask not saved", "jumped with %d, blocked %d", value, blocked(SIGUSR1));
    contract_pass();
}
