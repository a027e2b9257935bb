/* Contract: a signal to a process whose threads all block it waits for any of them: every thread sees
 * it pending, the first that unblocks it or waits for it gets it, and it comes once.
 * signal(7), sigpending(2); kernel/signal.c:complete_signal(). */
#include "contract.h"
#include <pthread.h>

static int to_thread[2], to_main[2];
static __thread int thread_number;
static volatile int handled_by;

static void on_signal(int number)
{
    (void)number;
    handled_by = handled_by * 10 + thread_number;
}

static void set_mask(int how)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN + 3);
    expect(pthread_sigmask(how, &set, NULL) == 0, "pthread_sigmask");
}

static void show(const char *who)
{
    sigset_t set;
    expect(sigpending(&set) == 0, "sigpending");
    step(who, "USR1 %d, real-time %d", sigismember(&set, SIGUSR1), sigismember(&set, SIGRTMIN + 3));
}

static void tell(int fd, char what)
{
    expect(write(fd, &what, 1) == 1, "write");
}

static char hear(int fd)
{
    char what = 0;
    expect(read(fd, &what, 1) == 1, "read");
    return what;
}

static void *body(void *unused)
{
    sigset_t set;
    siginfo_t info;
    thread_number = 2;
    for (char what; (what = hear(to_thread[0])) != 'q'; tell(to_main[1], 'd')) {
        if (what == 's')
            show("the thread sees");
        else if (what == 'u')
            set_mask(SIG_UNBLOCK);
        else if (what == 'b')
            set_mask(SIG_BLOCK);
        else if (what == 'w') {
            sigemptyset(&set);
            sigaddset(&set, SIGRTMIN + 3);
            expect(sigwaitinfo(&set, &info) == SIGRTMIN + 3, "sigwaitinfo");
            step("the thread took", "value %d", info.si_value.sival_int);
        }
    }
    return unused;
}

static void let(char what)
{
    tell(to_thread[1], what);
    hear(to_main[0]);
}

int main(void)
{
    pthread_t thread;
    union sigval value;
    thread_number = 1;
    signal(SIGUSR1, on_signal);
    signal(SIGRTMIN + 3, on_signal);
    set_mask(SIG_BLOCK);
    expect(pipe(to_thread) == 0 && pipe(to_main) == 0, "pipe");
    expect(pthread_create(&thread, NULL, body, NULL) == 0, "pthread_create");
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR1);
    show("the leader sees");
    let('s');
    let('u');
    step("handled by", "%d", handled_by);
    show("the leader sees");
    handled_by = 0;
    let('b');
    for (value.sival_int = 1; value.sival_int <= 3; value.sival_int++)
        sigqueue(getpid(), SIGRTMIN + 3, value);
    pthread_kill(thread, SIGUSR1);
    show("the leader sees");
    let('s');
    let('w');
    set_mask(SIG_UNBLOCK);
    step("handled by", "%d", handled_by);
    handled_by = 0;
    let('u');
    step("handled by", "%d", handled_by);
    tell(to_thread[1], 'q');
    pthread_join(thread, NULL);
    contract_pass();
}
