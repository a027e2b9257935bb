/* Mutexes: of all kinds, robust ones, and those between processes. */
#include "threads.h"

static pthread_mutex_t mutex;
long counter;

static void *count_under_mutex(void *unused)
{
    for (int i = 0; i < TIMES(200); i++) {
        need(pthread_mutex_lock(&mutex) == 0);
        long seen = counter;
        if (i % 16 == 0)
            sched_yield();
        counter = seen + 1;
        need(pthread_mutex_unlock(&mutex) == 0);
    }
    return unused;
}

static void new_mutex(int type, int protocol, int robust, int shared)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    need(pthread_mutexattr_settype(&attributes, type) == 0);
    need(pthread_mutexattr_setprotocol(&attributes, protocol) == 0);
    need(pthread_mutexattr_setrobust(&attributes, robust) == 0);
    need(pthread_mutexattr_setpshared(&attributes, shared) == 0);
    need(pthread_mutex_init(&mutex, &attributes) == 0);
}

void mutexes_exclude(void)
{
    static const int types[] = {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE,
                                PTHREAD_MUTEX_ERRORCHECK};
    for (int kind = 0; kind < 3; kind++)
        for (int protocol = 0; protocol < 2; protocol++)
            for (int robust = 0; robust < 2; robust++) {
                new_mutex(types[kind], protocol ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE,
                          robust ? PTHREAD_MUTEX_ROBUST : PTHREAD_MUTEX_STALLED,
                          PTHREAD_PROCESS_PRIVATE);
                counter = 0;
                run_all(count_under_mutex, 4);
                need(counter == TIMES(800));
                need(pthread_mutex_destroy(&mutex) == 0);
            }
}

static void *try_to_lock(void *unused)
{
    (void)unused;
    return (void *)(intptr_t)pthread_mutex_trylock(&mutex);
}

void mutex_kinds_differ(void)
{
    struct timespec soon = in_ms(CLOCK_REALTIME, 5);
    new_mutex(PTHREAD_MUTEX_RECURSIVE, 0, 0, 0);
    for (int i = 0; i < 5; i++)
        need(pthread_mutex_lock(&mutex) == 0);
    for (int i = 0; i < 4; i++)
        need(pthread_mutex_unlock(&mutex) == 0);
    need((intptr_t)end(start(try_to_lock, NULL)) == EBUSY);
    need(pthread_mutex_unlock(&mutex) == 0);
    need(pthread_mutex_unlock(&mutex) == EPERM);
    new_mutex(PTHREAD_MUTEX_ERRORCHECK, 0, 0, 0);
    need(pthread_mutex_lock(&mutex) == 0);
    need(pthread_mutex_lock(&mutex) == EDEADLK);
    need(pthread_mutex_unlock(&mutex) == 0);
    need(pthread_mutex_unlock(&mutex) == EPERM);
    new_mutex(PTHREAD_MUTEX_NORMAL, 0, 0, 0);
    need(pthread_mutex_lock(&mutex) == 0);
    need(pthread_mutex_timedlock(&mutex, &soon) == ETIMEDOUT);
    need(pthread_mutex_trylock(&mutex) == EBUSY);
    need(pthread_mutex_unlock(&mutex) == 0);
}

static void *die_with_lock(void *unused)
{
    need(pthread_mutex_lock(&mutex) == 0);
    return unused;
}

static void *wait_for_lock(void *unused)
{
    (void)unused;
    int result = pthread_mutex_lock(&mutex);
    if (result == EOWNERDEAD)
        need(pthread_mutex_consistent(&mutex) == 0);
    if (result == 0 || result == EOWNERDEAD)
        need(pthread_mutex_unlock(&mutex) == 0);
    return (void *)(intptr_t)result;
}

void robust_mutexes_survive(void)
{
    for (int protocol = 0; protocol < 2; protocol++) {
        pthread_t waiters[3];
        int dead = 0, fine = 0;
        new_mutex(PTHREAD_MUTEX_NORMAL, protocol, PTHREAD_MUTEX_ROBUST, 0);
        end(start(die_with_lock, NULL));
        for (int i = 0; i < 3; i++)
            waiters[i] = start(wait_for_lock, NULL);
        for (int i = 0; i < 3; i++) {
            intptr_t result = (intptr_t)end(waiters[i]);
            dead += result == EOWNERDEAD;
            fine += result == 0;
        }
        need(dead == 1 && fine == 2);
        end(start(die_with_lock, NULL));
        need(pthread_mutex_lock(&mutex) == EOWNERDEAD);
        need(pthread_mutex_unlock(&mutex) == 0);
        need(pthread_mutex_lock(&mutex) == ENOTRECOVERABLE);
    }
}

void mutexes_between_processes(void)
{
    struct shared { pthread_mutex_t mutex; long count; } *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t attributes;
    int status;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    need(pthread_mutex_init(&shared->mutex, &attributes) == 0);
    for (int i = 0; i < 3; i++)
        if (fork() == 0) {
            for (int j = 0; j < TIMES(50); j++) {
                pthread_mutex_lock(&shared->mutex);
                shared->count++;
                pthread_mutex_unlock(&shared->mutex);
            }
            _exit(0);
        }
    while (wait(&status) > 0)
        need(status == 0);
    need(shared->count == TIMES(150));
    if (fork() == 0) {
        pthread_mutex_lock(&shared->mutex);
        _exit(0);
    }
    wait(&status);
    need(pthread_mutex_lock(&shared->mutex) == EOWNERDEAD);
    need(pthread_mutex_consistent(&shared->mutex) == 0);
    need(pthread_mutex_unlock(&shared->mutex) == 0);
}
