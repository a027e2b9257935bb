/* Contract: timers on CPU clocks expire by work, not by sleep: of the process, of the thread, and
 * of a child, for which its parent gets the signal.
 * Source: timer_create(2), kernel/time/posix-cpu-timers.c. */
#include "../contract.h"
#include <time.h>

static sigset_t set;

static void try(const char *name, clockid_t clock, int own)
{
    int timer;
    struct itimerspec value = {{0, 0}, {0, 10000000}}, left;
    struct timespec nap = {0, 30000000}, zero = {0, 0};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
    siginfo_t info;
    event.sigev_value.sival_int = 77;
    step_result(name, syscall(SYS_timer_create, clock, &event, &timer));
    expect(syscall(SYS_timer_settime, timer, 0, &value, NULL) == 0, "timer_settime");
    if (own) {
        expect(nanosleep(&nap, NULL) == 0, "nanosleep");
        expect_errno(syscall(SYS_rt_sigtimedwait, &set, &info, &zero, 8), EAGAIN, "after a sleep");
        expect(syscall(SYS_timer_gettime, timer, &left) == 0, "timer_gettime");
        step("left", "%s", left.it_value.tv_nsec > 1000000 ? "most" : "little");
        while (syscall(SYS_rt_sigtimedwait, &set, &info, &zero, 8) == -1)
            for (volatile int i = 0; i < 200000; i++)
                ;
    } else
        expect(syscall(SYS_rt_sigtimedwait, &set, &info, NULL, 8) == SIGUSR2, "signal");
    step("siginfo", "code %d value %d overrun %d", info.si_code, info.si_value.sival_int,
         info.si_overrun);
    expect(syscall(SYS_timer_gettime, timer, &left) == 0, "timer_gettime");
    step("then", "%ld %ld", (long)left.it_value.tv_sec, left.it_value.tv_nsec);
    expect(syscall(SYS_timer_delete, timer) == 0, "timer_delete");
}

int main(void)
{
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0, "block");
    try("process", CLOCK_PROCESS_CPUTIME_ID, 1);
    try("thread", CLOCK_THREAD_CPUTIME_ID, 1);
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0)
        for (;;)
            ;
    try("child", (clockid_t)(~(unsigned)child << 3 | 2), 0);
    expect(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child, "kill");
    contract_pass();
}
