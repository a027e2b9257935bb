/* Contract: a signal to a process runs its handler in a thread that does not block it, the first
 * thread if that can; one for a thread in that thread alone. tgkill wants thread and process to
 * belong together. A signal that all block stays pending for the process.
 * Source: signal(7), tgkill(2), pthread_kill(3); kernel/signal.c:complete_signal(). */
#include "threads.h"

static volatile pid_t handled_by, worker;
static volatile int handled;
static int ends[2];
static sigset_t one;

static void on_signal(int signal)
{
    (void)signal;
    handled_by = own_tid();
    __sync_fetch_and_add(&handled, 1);
}

static void *works(void *unused)
{
    char byte;
    (void)unused;
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    worker = own_tid();
    while (read(ends[0], &byte, 1) != 1)
        ;
    return NULL;
}

static void step_handler(const char *name, int count)
{
    while (handled < count)
        usleep(1000);
    step(name, "%s", handled_by == getpid() ? "the first" : handled_by == worker ? "the worker" : "?");
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    pthread_t thread;
    sigset_t pending;
    sigaction(SIGUSR1, &action, NULL);
    sigemptyset(&one);
    sigaddset(&one, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &one, NULL);
    expect(pipe(ends) == 0, "pipe");
    expect(pthread_create(&thread, NULL, works, NULL) == 0, "pthread_create");
    wait_for_thread(&worker);
    kill(getpid(), SIGUSR1);
    step_handler("the first blocks it", 1);
    pthread_kill(pthread_self(), SIGUSR1);
    sigpending(&pending);
    step("for the first alone", "%d handled, pending %d", handled, sigismember(&pending, SIGUSR1));
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    step_handler("unblocked", 2);
    kill(getpid(), SIGUSR1);
    step_handler("both take it", 3);
    expect(pthread_kill(thread, SIGUSR1) == 0, "pthread_kill");
    step_handler("to the worker", 4);

    expect_errno(syscall(SYS_tgkill, getpid(), 0, 0), EINVAL, "thread 0");
    expect_errno(syscall(SYS_tgkill, -1, worker, 0), EINVAL, "process -1");
    expect_errno(syscall(SYS_tgkill, worker, worker, 0), ESRCH, "the thread is no process");
    expect_errno(syscall(SYS_tgkill, getppid(), worker, 0), ESRCH, "another process's thread");
    expect_errno(syscall(SYS_tgkill, getpid(), worker, 65), EINVAL, "no such signal");
    expect_errno(syscall(SYS_tkill, 0, 0), EINVAL, "tkill of 0");
    step_result("tkill", syscall(SYS_tkill, worker, 0));
    step_result("tgkill", syscall(SYS_tgkill, getpid(), worker, 0));
    step_result("kill by thread id", kill(worker, 0));
    expect(write(ends[1], "x", 1) == 1, "write");
    expect(pthread_join(thread, NULL) == 0, "pthread_join");
    while (syscall(SYS_tgkill, getpid(), worker, 0) == 0)
        usleep(1000);
    expect_errno(syscall(SYS_tgkill, getpid(), worker, 0), ESRCH, "the thread is gone");
    pthread_sigmask(SIG_BLOCK, &one, NULL);
    kill(getpid(), SIGUSR1);
    worker = 0;
    expect(pthread_create(&thread, NULL, works, NULL) == 0, "pthread_create");
    step_handler("who unblocks it gets what was pending", 5);
    expect(write(ends[1], "x", 1) == 1, "write");
    expect(pthread_join(thread, NULL) == 0, "pthread_join");
    contract_pass();
}
