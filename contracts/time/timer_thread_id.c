/* Contract: a timer with SIGEV_THREAD_ID signals the thread it names, nobody else; the thread
 * must be one of the process, and a timer whose thread has ended signals nobody.
 * Source: timer_create(2), kernel/time/posix-timers.c:good_sigevent. */
#include "../contract.h"
#include <pthread.h>
#include <time.h>

static int ready[2], leave[2];
static sigset_t set;

static void *worker(void *unused)
{
    pid_t self = gettid();
    char byte;
    siginfo_t info;
    expect(write(ready[1], &self, sizeof self) == sizeof self, "ready");
    step("signal", "%s", sigwaitinfo(&set, &info) == SIGUSR1 ? "SIGUSR1" : "another");
    step("siginfo", "code %d value %d", info.si_code, info.si_value.sival_int);
    expect(write(ready[1], &self, sizeof self) == sizeof self, "done");
    expect(read(leave[0], &byte, 1) == 1, "leave");
    return unused;
}

static long create(int notify, pid_t thread, int *timer)
{
    struct sigevent event = {.sigev_notify = notify, .sigev_signo = SIGUSR1};
    event.sigev_value.sival_int = 31;
    ((int *)&event)[4] = thread;
    return syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, timer);
}

int main(void)
{
    pthread_t thread;
    pid_t tid;
    int timer;
    struct timespec zero = {0, 0}, nap = {0, 5000000};
    struct itimerspec soon = {{0, 0}, {0, 1000000}};
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0, "block");
    expect(pipe(ready) == 0 && pipe(leave) == 0, "pipes");
    expect(pthread_create(&thread, NULL, worker, NULL) == 0, "pthread_create");
    expect(read(ready[0], &tid, sizeof tid) == sizeof tid, "ready");

    expect_errno(create(SIGEV_THREAD_ID, getppid(), &timer), EINVAL, "thread of another process");
    expect_errno(create(SIGEV_THREAD_ID, 0, &timer), EINVAL, "thread 0");
    expect_errno(create(SIGEV_THREAD_ID | SIGEV_NONE, tid, &timer), EINVAL, "with SIGEV_NONE");
    step_result("the worker", create(SIGEV_THREAD_ID, tid, &timer));
    expect(syscall(SYS_timer_settime, timer, 0, &soon, NULL) == 0, "timer_settime");
    expect(read(ready[0], &tid, sizeof tid) == sizeof tid, "done");
    expect_errno(syscall(SYS_rt_sigtimedwait, &set, NULL, &zero, 8), EAGAIN, "main thread");

    expect(write(leave[1], "", 1) == 1, "leave");
    expect(pthread_join(thread, NULL) == 0, "pthread_join");
    step_result("without its thread", syscall(SYS_timer_settime, timer, 0, &soon, NULL));
    expect(nanosleep(&nap, NULL) == 0, "nanosleep");
    expect_errno(syscall(SYS_rt_sigtimedwait, &set, NULL, &zero, 8), EAGAIN, "nobody");
    step_result("delete", syscall(SYS_timer_delete, timer));
    contract_pass();
}
