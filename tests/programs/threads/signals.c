/* Signals to threads, a fork among them, and futexes by hand. */
#include "threads.h"

static atomic_int got_signals;
static __thread volatile sig_atomic_t own_signals;

static void on_signal(int number)
{
    (void)number;
    own_signals++;
    got_signals++;
}

static void *count_signals(void *unused)
{
    (void)unused;
    sem_post(&semaphore);
    while (own_signals < 20)
        sched_yield();
    return (void *)(intptr_t)own_signals;
}

void signals_reach_their_thread(void)
{
    struct sigaction action = {.sa_handler = on_signal}, old;
    pthread_t threads[4];
    sigaction(SIGRTMIN + 5, &action, &old);
    got_signals = 0;
    need(sem_init(&semaphore, 0, 0) == 0);
    for (int i = 0; i < 4; i++)
        threads[i] = start(count_signals, NULL);
    for (int i = 0; i < 4; i++)
        while (sem_wait(&semaphore) != 0)
            ;
    for (int i = 0; i < 20; i++)
        for (int j = 0; j < 4; j++)
            need(pthread_kill(threads[j], SIGRTMIN + 5) == 0);
    for (int i = 0; i < 4; i++)
        need((intptr_t)end(threads[i]) == 20);
    need(got_signals == 80 && own_signals == 0);
    sigaction(SIGRTMIN + 5, &old, NULL);
}

static void *wait_for_signals(void *set)
{
    siginfo_t info;
    for (;;) {
        int number = sigwaitinfo(set, &info);
        if (number == SIGUSR2)
            return NULL;
        need(number == SIGRTMIN + 6);
        sum += info.si_value.sival_int;
        sem_post(&semaphore);
    }
}

void one_thread_takes_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 6);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    sum = 0;
    need(sem_init(&semaphore, 0, 0) == 0);
    pthread_t thread = start(wait_for_signals, &set);
    for (int i = 1; i <= 50; i++)
        need(sigqueue(getpid(), SIGRTMIN + 6, (union sigval){.sival_int = i}) == 0);
    for (int i = 0; i < 50; i++)
        sem_wait(&semaphore);
    need(kill(getpid(), SIGUSR2) == 0);
    end(thread);
    need(sum == 1275);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static atomic_int forking;
static char order[16];
static int order_length;

static void before(void)
{
    order[order_length++] = 'b';
    pthread_mutex_lock(&queue_mutex);
}

static void in_parent(void)
{
    pthread_mutex_unlock(&queue_mutex);
    order[order_length++] = 'p';
}

static void in_child(void)
{
    pthread_mutex_unlock(&queue_mutex);
    order[order_length++] = 'c';
}

static void *use_queue_mutex(void *unused)
{
    while (forking) {
        pthread_mutex_lock(&queue_mutex);
        free(malloc(100));
        pthread_mutex_unlock(&queue_mutex);
        sched_yield();
    }
    return unused;
}

void fork_with_threads(void)
{
    pthread_t threads[3];
    int status;
    static int registered;
    if (!registered++)
        need(pthread_atfork(before, in_parent, in_child) == 0);
    forking = 1;
    for (int i = 0; i < 3; i++)
        threads[i] = start(use_queue_mutex, NULL);
    for (int i = 0; i < 10; i++) {
        order_length = 0;
        pid_t child = fork();
        if (child == 0) {
            pthread_mutex_lock(&queue_mutex);
            free(malloc(1000));
            end(start(add_one, NULL));
            _exit(problem != NULL || order_length != 2 || order[0] != 'b' || order[1] != 'c');
        }
        need(waitpid(child, &status, 0) == child && status == 0);
        need(order_length == 2 && order[0] == 'b' && order[1] == 'p');
    }
    forking = 0;
    for (int i = 0; i < 3; i++)
        end(threads[i]);
}

/* -- futexes -------------------------------------------------------------------------------------- */

static atomic_int word, tokens;

static long futex(atomic_int *address, int operation, int value)
{
    return syscall(SYS_futex, address, operation, value, NULL, NULL, 0);
}

static void *storm(void *unused)
{
    for (int i = 0; i < TIMES(100); i++) {
        int seen = 0;
        if (!atomic_compare_exchange_strong(&word, &seen, 1)) {
            if (seen == 2 || atomic_compare_exchange_strong(&word, &seen, 2))
                do
                    futex(&word, 128, 2);
                while (seen = 0, !atomic_compare_exchange_strong(&word, &seen, 2));
            else
                while (seen = 0, !atomic_compare_exchange_strong(&word, &seen, 2))
                    futex(&word, 128, 2);
        }
        counter++;
        if (i % 8 == 0)
            sched_yield();
        if (atomic_exchange(&word, 0) == 2)
            futex(&word, 129, 1);
    }
    return unused;
}

static void *pass_on(void *number)
{
    for (int i = 0; i < TIMES(20); i++) {
        int mine = (int)(intptr_t)number, now;
        while ((now = tokens) % MANY != mine)
            futex(&tokens, 128, now);
        tokens++;
        futex(&tokens, 129, INT_MAX);
    }
    return NULL;
}

void futexes_hold_a_storm(void)
{
    counter = 0;
    word = tokens = 0;
    run_all(storm, MANY);
    need(counter == TIMES(100 * MANY));
    run_all(pass_on, MANY);
    need(tokens == TIMES(20 * MANY));
}
