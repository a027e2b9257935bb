/* Condition variables, read-write locks, barriers, spin locks and semaphores. */
#include "threads.h"

pthread_mutex_t queue_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_full;
pthread_cond_t not_empty;
static int queue[4], queued, produced, consumed;
atomic_long sum;

static void *produce(void *unused)
{
    for (;;) {
        pthread_mutex_lock(&queue_mutex);
        while (queued == 4)
            pthread_cond_wait(&not_full, &queue_mutex);
        if (produced == TIMES(200)) {
            pthread_mutex_unlock(&queue_mutex);
            return unused;
        }
        queue[queued++] = ++produced;
        pthread_cond_signal(&not_empty);
        pthread_mutex_unlock(&queue_mutex);
    }
}

static void *consume(void *unused)
{
    for (;;) {
        pthread_mutex_lock(&queue_mutex);
        while (queued == 0 && consumed < TIMES(200))
            pthread_cond_wait(&not_empty, &queue_mutex);
        if (queued == 0) {
            pthread_mutex_unlock(&queue_mutex);
            return unused;
        }
        sum += queue[--queued];
        if (++consumed == TIMES(200))
            pthread_cond_broadcast(&not_empty);
        pthread_cond_broadcast(&not_full);
        pthread_mutex_unlock(&queue_mutex);
    }
}

static void *either(void *number)
{
    return (intptr_t)number % 2 ? produce(NULL) : consume(NULL);
}

void conditions_carry_a_queue(void)
{
    long last = TIMES(200);
    pthread_cond_init(&not_empty, NULL);
    pthread_cond_init(&not_full, NULL);
    queued = produced = consumed = 0;
    sum = 0;
    run_all(either, MANY);
    need(consumed == last && sum == last * (last + 1) / 2);
    need(pthread_cond_destroy(&not_empty) == 0 && pthread_cond_destroy(&not_full) == 0);
}

void conditions_time_out(void)
{
    for (int clock = 0; clock < 2; clock++) {
        clockid_t id = clock ? CLOCK_MONOTONIC : CLOCK_REALTIME;
        pthread_condattr_t attributes;
        pthread_cond_t condition;
        pthread_condattr_init(&attributes);
        need(pthread_condattr_setclock(&attributes, id) == 0);
        need(pthread_cond_init(&condition, &attributes) == 0);
        struct timespec until = in_ms(id, 20), past = {0, 0}, now;
        pthread_mutex_lock(&queue_mutex);
        int result;
        while ((result = pthread_cond_timedwait(&condition, &queue_mutex, &until)) == 0)
            ;
        clock_gettime(id, &now);
        need(result == ETIMEDOUT);
        need(now.tv_sec > until.tv_sec ||
             (now.tv_sec == until.tv_sec && now.tv_nsec >= until.tv_nsec));
        need(pthread_cond_timedwait(&condition, &queue_mutex, &past) == ETIMEDOUT);
        pthread_mutex_unlock(&queue_mutex);
        need(pthread_cond_destroy(&condition) == 0);
    }
}

/* -- other locks ----------------------------------------------------------------------------- */

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static long pair[2];
static atomic_int readers, most_readers;

static void *read_or_write(void *number)
{
    for (int i = 0; i < TIMES(100); i++) {
        if (((intptr_t)number + i) % 4 == 0) {
            need(pthread_rwlock_wrlock(&rwlock) == 0);
            need(readers == 0);
            pair[0]++;
            if (i % 8 == 0)
                sched_yield();
            pair[1]++;
        } else {
            need(pthread_rwlock_rdlock(&rwlock) == 0);
            int now = ++readers;
            if (now > most_readers)
                most_readers = now;
            if (i % 8 == 0)
                sched_yield();
            need(pair[0] == pair[1]);
            readers--;
        }
        need(pthread_rwlock_unlock(&rwlock) == 0);
    }
    return NULL;
}

static void *try_rwlock(void *unused)
{
    struct timespec soon = in_ms(CLOCK_REALTIME, 5);
    need(pthread_rwlock_trywrlock(&rwlock) == EBUSY);
    need(pthread_rwlock_timedwrlock(&rwlock, &soon) == ETIMEDOUT);
    need(pthread_rwlock_tryrdlock(&rwlock) == 0);
    need(pthread_rwlock_unlock(&rwlock) == 0);
    return unused;
}

void rwlocks_let_readers_in(void)
{
    pair[0] = pair[1] = 0;
    run_all(read_or_write, MANY);
    need(pair[0] == pair[1] && pair[0] == TIMES(25 * MANY));
    need(pthread_rwlock_rdlock(&rwlock) == 0);
    end(start(try_rwlock, NULL));
    need(pthread_rwlock_unlock(&rwlock) == 0);
}

static pthread_barrier_t barrier;
static atomic_int arrived, serial;

static void *meet(void *unused)
{
    for (int round = 1; round <= 20; round++) {
        arrived++;
        int result = pthread_barrier_wait(&barrier);
        need(arrived == round * MANY);
        serial += result == PTHREAD_BARRIER_SERIAL_THREAD;
        need(result == 0 || result == PTHREAD_BARRIER_SERIAL_THREAD);
        pthread_barrier_wait(&barrier);
    }
    return unused;
}

void barriers_gather(void)
{
    arrived = serial = 0;
    need(pthread_barrier_init(&barrier, NULL, MANY) == 0);
    run_all(meet, MANY);
    need(serial == 20);
    need(pthread_barrier_destroy(&barrier) == 0);
}

static pthread_spinlock_t spinlock;

static void *spin(void *unused)
{
    for (int i = 0; i < TIMES(200); i++) {
        need(pthread_spin_lock(&spinlock) == 0);
        counter++;
        need(pthread_spin_unlock(&spinlock) == 0);
    }
    return unused;
}

void spinlocks_exclude(void)
{
    counter = 0;
    need(pthread_spin_init(&spinlock, PTHREAD_PROCESS_PRIVATE) == 0);
    run_all(spin, 4);
    need(counter == TIMES(800));
    need(pthread_spin_lock(&spinlock) == 0 && pthread_spin_trylock(&spinlock) == EBUSY);
    need(pthread_spin_unlock(&spinlock) == 0 && pthread_spin_destroy(&spinlock) == 0);
}

sem_t semaphore, done_semaphore;

static void *take(void *unused)
{
    for (int i = 0; i < 50; i++) {
        while (sem_wait(&semaphore) != 0)
            need(errno == EINTR);
        sum++;
        need(sem_post(&done_semaphore) == 0);
    }
    return unused;
}

void semaphores_count(void)
{
    struct timespec soon = in_ms(CLOCK_REALTIME, 5);
    pthread_t threads[4];
    sum = 0;
    need(sem_init(&semaphore, 0, 0) == 0 && sem_init(&done_semaphore, 0, 0) == 0);
    for (int i = 0; i < 4; i++)
        threads[i] = start(take, NULL);
    for (int i = 0; i < 200; i++)
        need(sem_post(&semaphore) == 0);
    for (int i = 0; i < 200; i++)
        need(sem_wait(&done_semaphore) == 0);
    for (int i = 0; i < 4; i++)
        end(threads[i]);
    need(sum == 200);
    need(sem_trywait(&semaphore) == -1 && errno == EAGAIN);
    need(sem_timedwait(&semaphore, &soon) == -1 && errno == ETIMEDOUT);
}
