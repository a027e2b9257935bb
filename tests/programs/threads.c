/* Threads under stress: whatever POSIX threads promise, checked by its results alone.
 *
 * Prints `ok N - what` or `not ok N - what: why` for each check, and neither numbers nor an order
 * that another schedule would change. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MANY = 8 };

#define TIMES(number) ((number) * effort / 10)

static const char *problem;
/* Tenths of the usual number of rounds. */
static int effort = 10;

/* Remember the first thing that is wrong. */
#define need(condition)                                                                        \
    do {                                                                                       \
        if (!(condition) && problem == NULL)                                                   \
            problem = #condition;                                                              \
    } while (0)

static pthread_t start(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, body, argument);
    need(error == 0);
    if (error)
        abort();
    return thread;
}

static void *end(pthread_t thread)
{
    void *result = NULL;
    need(pthread_join(thread, &result) == 0);
    return result;
}

static void run_all(void *(*body)(void *), int count)
{
    pthread_t threads[64];
    for (int i = 0; i < count; i++)
        threads[i] = start(body, (void *)(intptr_t)i);
    for (int i = 0; i < count; i++)
        end(threads[i]);
}

static struct timespec in_ms(clockid_t clock, long ms)
{
    struct timespec at;
    clock_gettime(clock, &at);
    at.tv_sec += (at.tv_nsec + ms * 1000000) / 1000000000;
    at.tv_nsec = (at.tv_nsec + ms * 1000000) % 1000000000;
    return at;
}

/* -- mutexes -------------------------------------------------------------------------------- */

static pthread_mutex_t mutex;
static long counter;

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

static void mutexes_exclude(void)
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

static void mutex_kinds_differ(void)
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

static void robust_mutexes_survive(void)
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

static void mutexes_between_processes(void)
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

/* -- condition variables ----------------------------------------------------------------------- */

static pthread_mutex_t queue_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_empty, not_full;
static int queue[4], queued, produced, consumed;
static atomic_long sum;

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

static void conditions_carry_a_queue(void)
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

static void conditions_time_out(void)
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

static void rwlocks_let_readers_in(void)
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

static void barriers_gather(void)
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

static void spinlocks_exclude(void)
{
    counter = 0;
    need(pthread_spin_init(&spinlock, PTHREAD_PROCESS_PRIVATE) == 0);
    run_all(spin, 4);
    need(counter == TIMES(800));
    need(pthread_spin_lock(&spinlock) == 0 && pthread_spin_trylock(&spinlock) == EBUSY);
    need(pthread_spin_unlock(&spinlock) == 0 && pthread_spin_destroy(&spinlock) == 0);
}

static sem_t semaphore, done_semaphore;

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

static void semaphores_count(void)
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

/* -- once, keys, cancellation ------------------------------------------------------------------- */

static atomic_int initialised, destroyed, cleaned;
static pthread_once_t once;

static void initialise(void)
{
    sched_yield();
    initialised++;
}

static void *use_once(void *unused)
{
    need(pthread_once(&once, initialise) == 0);
    need(initialised == 1);
    return unused;
}

static void once_is_once(void)
{
    for (int round = 0; round < 10; round++) {
        once = (pthread_once_t)PTHREAD_ONCE_INIT;
        initialised = 0;
        run_all(use_once, MANY);
        need(initialised == 1);
    }
}

static pthread_key_t key;
static __thread int own = 7;

static void destroy(void *value)
{
    destroyed++;
    if ((intptr_t)value > 1)
        pthread_setspecific(key, (void *)((intptr_t)value - 1));
}

static void *use_key(void *number)
{
    need(own == 7);
    own += (int)(intptr_t)number;
    need(pthread_getspecific(key) == NULL);
    need(pthread_setspecific(key, (void *)(intptr_t)2) == 0);
    sched_yield();
    need(own == 7 + (intptr_t)number && (intptr_t)pthread_getspecific(key) == 2);
    if ((intptr_t)number % 2)
        pthread_exit(NULL);
    return NULL;
}

static void keys_are_destroyed(void)
{
    destroyed = 0;
    need(pthread_key_create(&key, destroy) == 0);
    run_all(use_key, MANY);
    need(destroyed == 2 * MANY);
    need(pthread_key_delete(key) == 0);
}

static void clean(void *amount)
{
    cleaned += (int)(intptr_t)amount;
}

static void unlock(void *locked)
{
    pthread_mutex_unlock(locked);
}

static void *be_cancelled(void *how)
{
    volatile unsigned long spins = 0;
    pthread_cleanup_push(clean, (void *)(intptr_t)1);
    pthread_cleanup_push(clean, (void *)(intptr_t)10);
    switch ((intptr_t)how) {
    case 0:
        for (;;)
            pause();
    case 1:
        pthread_mutex_lock(&queue_mutex);
        pthread_cleanup_push(unlock, &queue_mutex);
        for (;;)
            pthread_cond_wait(&not_empty, &queue_mutex);
        pthread_cleanup_pop(1);
        break;
    case 2:
        pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
        for (;;)
            spins++;
    case 3:
        for (;;) {
            pthread_testcancel();
            sched_yield();
        }
    case 4:
        for (;;)
            sem_wait(&semaphore);
    }
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return NULL;
}

static void *refuse_for_a_while(void *unused)
{
    (void)unused;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    sem_post(&done_semaphore);
    while (sem_wait(&semaphore) != 0) /* until the cancellation has been asked for */
        ;
    for (int i = 0; i < 20; i++) {
        sched_yield();
        pthread_testcancel();
    }
    cleaned += 1000;
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    pthread_testcancel();
    cleaned += 5000;
    return NULL;
}

static void cancellation_cleans_up(void)
{
    cleaned = 0;
    pthread_cond_init(&not_empty, NULL);
    need(sem_init(&semaphore, 0, 0) == 0 && sem_init(&done_semaphore, 0, 0) == 0);
    for (intptr_t how = 0; how < 5; how++) {
        pthread_t thread = start(be_cancelled, (void *)how);
        usleep(how % 2 ? 2000 : 0);
        need(pthread_cancel(thread) == 0);
        need(end(thread) == PTHREAD_CANCELED);
    }
    need(pthread_mutex_trylock(&queue_mutex) == 0);
    need(pthread_mutex_unlock(&queue_mutex) == 0);
    need(cleaned % 11 == 0 && cleaned <= 55);
    cleaned = 0;
    pthread_t thread = start(refuse_for_a_while, NULL);
    sem_wait(&done_semaphore);
    need(pthread_cancel(thread) == 0);
    sem_post(&semaphore);
    need(end(thread) == PTHREAD_CANCELED && cleaned == 1000);
}

/* -- life ---------------------------------------------------------------------------------------- */

static void *add_one(void *number)
{
    sum += 1;
    return number;
}

static void thousands_come_and_go(void)
{
    sum = 0;
    for (int i = 0; i < TIMES(1000); i++)
        need((intptr_t)end(start(add_one, (void *)(intptr_t)i)) == i);
    for (int i = 0; i < TIMES(10); i++)
        run_all(add_one, 32);
    need(sum == TIMES(1320));
}

static void *detach_itself(void *unused)
{
    need(pthread_detach(pthread_self()) == 0);
    sum++;
    sem_post(&semaphore);
    return unused;
}

static void *post(void *unused)
{
    sum++;
    sem_post(&semaphore);
    return unused;
}

static void detached_threads_end(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sum = 0;
    need(sem_init(&semaphore, 0, 0) == 0);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    for (int i = 0; i < 50; i++) {
        need(pthread_create(&thread, &attributes, post, NULL) == 0);
        start(detach_itself, NULL);
        need(pthread_detach(start(post, NULL)) == 0);
        for (int j = 0; j < 3; j++)
            sem_wait(&semaphore);
    }
    need(sum == 150);
}

static sigjmp_buf back;
static char *faulted;

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    faulted = info->si_addr;
    siglongjmp(back, 1);
}

static void *hit_guard(void *unused)
{
    pthread_attr_t attributes;
    static char other[32768];
    stack_t stack = {.ss_sp = other, .ss_size = sizeof other};
    void *address;
    size_t size, guard;
    sigaltstack(&stack, NULL);
    need(pthread_getattr_np(pthread_self(), &attributes) == 0);
    need(pthread_attr_getstack(&attributes, &address, &size) == 0);
    need(pthread_attr_getguardsize(&attributes, &guard) == 0 && guard >= 4096);
    char *volatile low = address;
    need((char *)&size > low && (char *)&size < low + size);
    faulted = NULL;
    if (sigsetjmp(back, 1) == 0)
        *(volatile char *)(low - 1) = 1;
    need(faulted == low - 1);
    return unused;
}

static void *in_own_stack(void *stack)
{
    char here;
    need(&here > (char *)stack && &here < (char *)stack + 131072);
    return NULL;
}

static void stacks_are_guarded(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK}, old;
    pthread_attr_t attributes;
    pthread_t thread;
    sigaction(SIGSEGV, &action, &old);
    end(start(hit_guard, NULL));
    sigaction(SIGSEGV, &old, NULL);
    void *stack = mmap(NULL, 131072, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_attr_init(&attributes);
    need(pthread_attr_setstack(&attributes, stack, 131072) == 0);
    need(pthread_create(&thread, &attributes, in_own_stack, stack) == 0);
    end(thread);
    munmap(stack, 131072);
}

static void *end_process(void *unused)
{
    exit((int)(intptr_t)unused);
}

static void *outlive_leader(void *unused)
{
    (void)unused;
    usleep(5000);
    _exit(21);
}

static void threads_end_processes(void)
{
    int status;
    fflush(stdout);
    if (fork() == 0) {
        start(end_process, (void *)(intptr_t)23);
        for (;;)
            pause();
    }
    need(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 23);
    if (fork() == 0) {
        start(outlive_leader, NULL);
        syscall(SYS_exit, 3);
    }
    need(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 21);
}

/* -- signals and fork -------------------------------------------------------------------------- */

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

static void signals_reach_their_thread(void)
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

static void one_thread_takes_signals(void)
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

static void fork_with_threads(void)
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

static void futexes_hold_a_storm(void)
{
    counter = 0;
    word = tokens = 0;
    run_all(storm, MANY);
    need(counter == TIMES(100 * MANY));
    run_all(pass_on, MANY);
    need(tokens == TIMES(20 * MANY));
}

static const struct { const char *name; void (*run)(void); } checks[] = {
    {"mutexes of all kinds exclude", mutexes_exclude},
    {"recursive, error-checking and plain mutexes differ", mutex_kinds_differ},
    {"robust mutexes survive their owners", robust_mutexes_survive},
    {"mutexes work between processes", mutexes_between_processes},
    {"condition variables carry a queue", conditions_carry_a_queue},
    {"condition variables time out on both clocks", conditions_time_out},
    {"read-write locks let readers in", rwlocks_let_readers_in},
    {"barriers gather", barriers_gather},
    {"spin locks exclude", spinlocks_exclude},
    {"semaphores count", semaphores_count},
    {"pthread_once is once", once_is_once},
    {"keys and thread-local storage", keys_are_destroyed},
    {"cancellation cleans up", cancellation_cleans_up},
    {"thousands of threads come and go", thousands_come_and_go},
    {"detached threads end", detached_threads_end},
    {"stacks have guards and can be given", stacks_are_guarded},
    {"threads end processes", threads_end_processes},
    {"signals reach their thread", signals_reach_their_thread},
    {"one thread takes the process's signals", one_thread_takes_signals},
    {"a process with threads forks", fork_with_threads},
    {"futexes hold a storm", futexes_hold_a_storm},
};

int main(int argc, char **argv)
{
    int failed = 0, count = (int)(sizeof checks / sizeof *checks);
    effort = argc > 1 ? atoi(argv[1]) : 10;
    for (int i = 0; i < count; i++) {
        problem = NULL;
        checks[i].run();
        failed += problem != NULL;
        printf(problem ? "not ok %d - %s: %s\n" : "ok %d - %s\n", i + 1, checks[i].name, problem);
        fflush(stdout);
    }
    printf("%d of %d\n", count - failed, count);
    return failed != 0;
}
