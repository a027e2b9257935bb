/* The workloads of many tasks. In the rings a token goes from member to member; it counts down,
 * and who gets it for the last time before it reaches 0 leaves after handing it on. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "work.h"

/* As in linux/futex.h, which musl-gcc does not find. */
enum { FUTEX_WAIT = 0, FUTEX_WAKE = 1, FUTEX_PRIVATE_FLAG = 128 };

/* Memory for `count` items; ends the program if there is none. */
static void *allocate(long count, size_t size)
{
    void *memory = calloc((size_t)count, size);
    if (!memory)
        exit(1);
    return memory;
}

/* fork, with a child that does not outlive its parent. */
static pid_t start_child(void)
{
    pid_t child = fork();
    if (child < 0)
        exit(1);
    if (child == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    return child;
}

static uint64_t wait_for_children(long count)
{
    uint64_t sum = 0;
    for (long i = 0; i < count; i++) {
        int status;
        sum += wait(&status) > 0 && status == 0;
    }
    return sum;
}

/* Threads with a word each; the token is in one of the words, the others are 0. */
struct seat {
    uint32_t token;
    struct seat *next;
    long members;
};

static void futex(uint32_t *word, int operation, uint32_t value)
{
    syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

static void put_token(struct seat *seat, uint32_t token)
{
    __atomic_store_n(&seat->token, token, __ATOMIC_SEQ_CST);
    futex(&seat->token, FUTEX_WAKE, 1);
}

static void *sit(void *argument)
{
    struct seat *seat = argument;
    for (;;) {
        uint32_t token;
        while ((token = __atomic_exchange_n(&seat->token, 0, __ATOMIC_SEQ_CST)) == 0)
            futex(&seat->token, FUTEX_WAIT, 0);
        if (token > 1)
            put_token(seat->next, token - 1);
        if (token <= seat->members)
            return NULL;
    }
}

uint64_t work_futex(long count, long tasks)
{
    struct seat *seats = allocate(tasks, sizeof *seats);
    pthread_t *threads = allocate(tasks, sizeof *threads);
    uint64_t sum = 0;
    for (long i = 0; i < tasks; i++) {
        seats[i].next = &seats[(i + 1) % tasks];
        seats[i].members = tasks;
        if (pthread_create(&threads[i], NULL, sit, &seats[i]))
            exit(1);
    }
    put_token(&seats[0], (uint32_t)(count + tasks));
    for (long i = 0; i < tasks; i++)
        sum += pthread_join(threads[i], NULL) == 0;
    return sum;
}

static void *sleep_on(void *word)
{
    for (;;)
        futex(word, FUTEX_WAIT, 0);
    return NULL;
}

static void *leave(void *argument)
{
    return argument;
}

/* Threads that start and are joined, among others that sleep. */
uint64_t work_thread(long count, long tasks)
{
    static uint32_t word;
    pthread_t thread;
    uint64_t sum = 0;
    for (long i = 0; i < tasks; i++)
        if (pthread_create(&thread, NULL, sleep_on, &word))
            exit(1);
    for (long i = 0; i < count; i++) {
        if (pthread_create(&thread, NULL, leave, NULL))
            exit(1);
        sum += pthread_join(thread, NULL) == 0;
    }
    return sum;
}

static void hand_on(int in, int out, long members)
{
    uint32_t token;
    do {
        if (read(in, &token, sizeof token) != sizeof token)
            _exit(1);
        token--;
        if (token && write(out, &token, sizeof token) != sizeof token)
            _exit(1);
    } while (token >= members);
}

/* Processes in a ring of pipes. */
uint64_t work_ring(long count, long tasks)
{
    int (*pipes)[2] = allocate(tasks, sizeof *pipes);
    uint32_t token = (uint32_t)(count + tasks);
    allow_files();
    for (long i = 0; i < tasks; i++)
        if (pipe(pipes[i]))
            exit(1);
    for (long i = 1; i < tasks; i++)
        if (start_child() == 0) {
            hand_on(pipes[i][0], pipes[(i + 1) % tasks][1], tasks);
            _exit(0);
        }
    if (write(pipes[0][1], &token, sizeof token) != sizeof token)
        exit(1);
    hand_on(pipes[0][0], pipes[1][1], tasks);
    return wait_for_children(tasks - 1);
}

static volatile sig_atomic_t signalled;

static void take_token(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    signalled = info->si_value.sival_int;
}

static void relay(pid_t next, const sigset_t *open, long members)
{
    int token;
    do {
        while (!(token = signalled))
            sigsuspend(open);
        signalled = 0;
        token--;
        if (token && sigqueue(next, SIGRTMIN, (union sigval){.sival_int = token}))
            _exit(1);
    } while (token >= members);
}

/* Processes in a ring of signals with handlers. */
uint64_t work_relay(long count, long tasks)
{
    struct sigaction action = {.sa_sigaction = take_token, .sa_flags = SA_SIGINFO};
    sigset_t closed, open;
    pid_t first = getpid(), next = first;
    sigemptyset(&closed);
    sigaddset(&closed, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &closed, &open);
    sigaction(SIGRTMIN, &action, NULL);
    for (long i = 1; i < tasks; i++) {
        pid_t child = start_child();
        if (child == 0) {
            relay(next, &open, tasks);
            _exit(0);
        }
        next = child;
    }
    if (sigqueue(first, SIGRTMIN, (union sigval){.sival_int = (int)(count + tasks)}))
        exit(1);
    relay(next, &open, tasks);
    return wait_for_children(tasks - 1);
}

/* Children that end at once, among others that sleep. */
uint64_t work_crowd(long count, long tasks)
{
    pid_t *crowd = allocate(tasks, sizeof *crowd);
    uint64_t sum = 0;
    for (long i = 0; i < tasks; i++)
        if ((crowd[i] = start_child()) == 0)
            for (;;)
                pause();
    for (long i = 0; i < count; i++) {
        int status;
        pid_t child = start_child();
        if (child == 0)
            _exit(7);
        waitpid(child, &status, 0);
        sum += WEXITSTATUS(status);
    }
    for (long i = 0; i < tasks; i++)
        kill(crowd[i], SIGKILL);
    wait_for_children(tasks);
    return sum;
}

static const struct itimerspec soon = {.it_value.tv_nsec = 1};

/* An hour and something; other ones for others. */
static struct itimerspec late(long which)
{
    return (struct itimerspec){.it_value.tv_sec = 3600 + which * 7919 % 1000};
}

/* All timers are armed for later, then for at once, then what they sent is collected. */
uint64_t work_timers(long count, long tasks)
{
    timer_t *timers = allocate(tasks, sizeof *timers);
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL};
    sigset_t set;
    uint64_t sum = 0;
    sigemptyset(&set);
    sigaddset(&set, event.sigev_signo = SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (long i = 0; i < tasks; i++)
        if (timer_create(CLOCK_MONOTONIC, &event, &timers[i]))
            exit(1);
    for (long done = 0; done < count; done += tasks) {
        for (long i = 0; i < tasks; i++) {
            struct itimerspec far = late(i);
            timer_settime(timers[i], 0, &far, NULL);
        }
        for (long i = 0; i < tasks; i++)
            timer_settime(timers[i], 0, &soon, NULL);
        for (long i = 0; i < tasks; i++)
            sum += sigwaitinfo(&set, NULL) == SIGRTMIN;
    }
    return sum;
}

/* The same with descriptors. */
uint64_t work_timerfds(long count, long tasks)
{
    int *timers = allocate(tasks, sizeof *timers);
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    uint64_t sum = 0, expirations;
    allow_files();
    for (long i = 0; i < tasks; i++) {
        event.data.fd = timers[i] = timerfd_create(CLOCK_MONOTONIC, 0);
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, timers[i], &event))
            exit(1);
    }
    for (long done = 0; done < count; done += tasks) {
        for (long i = 0; i < tasks; i++) {
            struct itimerspec far = late(i);
            timerfd_settime(timers[i], 0, &far, NULL);
        }
        for (long i = 0; i < tasks; i++)
            timerfd_settime(timers[i], 0, &soon, NULL);
        for (long i = 0; i < tasks; i++)
            if (epoll_wait(epoll, &event, 1, -1) == 1 &&
                read(event.data.fd, &expirations, sizeof expirations) > 0)
                sum += expirations;
    }
    return sum;
}
