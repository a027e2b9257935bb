/* Contract: anyone may read the state of the clock's discipline, and nobody without CAP_SYS_TIME
 * may change it; values out of range and other clocks are refused.
 * Source: adjtimex(2), kernel/time/timekeeping.c:timekeeping_validate_timex. */
#include "../contract.h"
#include <sys/timex.h>
#include <time.h>

static void show(const char *name, long result, const struct timex *state)
{
    step(name, "%s, tick %s, precision %ld, tolerance %ld, PPS %ld %ld",
         result >= 0 && result <= 5 ? "a state" : errno_name(errno),
         state->tick >= 9000 && state->tick <= 11000 ? "in range" : "out of range",
         state->precision, state->tolerance, (long)state->ppsfreq, (long)state->jitcnt);
    step("clock", "%s, status %s", state->time.tv_sec > 1500000000 ? "set" : "not set",
         result == 5 && !(state->status & STA_UNSYNC) ? "contradicts" : "agrees");
}

static long ask(unsigned modes, struct timex *state)
{
    memset(state, 0, sizeof *state);
    state->modes = modes;
    return syscall(SYS_adjtimex, state);
}

int main(void)
{
    struct timex state;
    show("adjtimex", ask(0, &state), &state);
    memset(&state, 0, sizeof state);
    show("clock_adjtime", syscall(SYS_clock_adjtime, CLOCK_REALTIME, &state), &state);
    show("ADJ_OFFSET_SS_READ", ask(ADJ_OFFSET_SS_READ, &state), &state);
    expect_errno(syscall(SYS_clock_adjtime, CLOCK_MONOTONIC, &state), EOPNOTSUPP, "monotonic");
    expect_errno(syscall(SYS_clock_adjtime, CLOCK_TAI, &state), EOPNOTSUPP, "TAI");
    expect_errno(syscall(SYS_clock_adjtime, 99, &state), EINVAL, "clock 99");
    expect_errno(syscall(SYS_clock_adjtime, CLOCK_PROCESS_CPUTIME_ID, &state), EOPNOTSUPP, "CPU");
    expect_errno(ask(0x8000, &state), EINVAL, "ADJ_ADJTIME without ADJ_OFFSET");
    expect_errno(syscall(SYS_adjtimex, (void *)8), EFAULT, "bad pointer");
    if (getuid() == 0)
        expect(setresuid(1000, 1000, 1000) == 0, "setresuid");
    expect_errno(ask(ADJ_TICK, &state), EPERM, "tick");
    expect_errno(ask(ADJ_FREQUENCY, &state), EPERM, "frequency");
    expect_errno(ask(ADJ_STATUS, &state), EPERM, "status");
    expect_errno(ask(ADJ_OFFSET_SINGLESHOT, &state), EPERM, "single shot");
    expect_errno(ask(ADJ_SETOFFSET, &state), EPERM, "step");
    show("read all the same", ask(0, &state), &state);
    contract_pass();
}
