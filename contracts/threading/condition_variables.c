/* Contract: a condition variable releases the mutex while it waits, ends by signal, broadcast or
 * time-out on either clock, and has the mutex again.
 * Source: pthread_cond_wait(3), pthread_cond_timedwait(3). */
#include "threads.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER, seen = PTHREAD_COND_INITIALIZER;
static int waiting, turn, done;

static void *waits(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&mutex);
    waiting++;
    pthread_cond_signal(&seen);
    while (turn == 0)
        pthread_cond_wait(&changed, &mutex);
    turn--;
    done++;
    pthread_cond_signal(&seen);
    pthread_mutex_unlock(&mutex);
    return NULL;
}

int main(void)
{
    pthread_t threads[4];
    for (int at = 0; at < 4; at++)
        expect(pthread_create(&threads[at], NULL, waits, NULL) == 0, "pthread_create");
    pthread_mutex_lock(&mutex);
    while (waiting < 4)
        pthread_cond_wait(&seen, &mutex);
    step("waiting", "%d", waiting);
    turn = 1;
    pthread_cond_signal(&changed);
    while (done < 1)
        pthread_cond_wait(&seen, &mutex);
    step("one went on", "%d", done);
    turn = 3;
    pthread_cond_broadcast(&changed);
    while (done < 4)
        pthread_cond_wait(&seen, &mutex);
    step("all went on", "%d", done);
    pthread_mutex_unlock(&mutex);
    for (int at = 0; at < 4; at++)
        expect(pthread_join(threads[at], NULL) == 0, "pthread_join");

    pthread_mutex_lock(&mutex);
    struct timespec end, now, bad = {0, 1000000000};
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec -= 5;
    step("long ago", "%s", errno_name(pthread_cond_timedwait(&changed, &mutex, &end)));
    step("no such time", "%s", errno_name(pthread_cond_timedwait(&changed, &mutex, &bad)));
    step("the mutex is held", "%s", errno_name(pthread_mutex_trylock(&mutex)));
    pthread_condattr_t attributes;
    pthread_cond_t monotonic;
    pthread_condattr_init(&attributes);
    step("another clock", "%s", errno_name(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)));
    step("no such clock", "%s",
         errno_name(pthread_condattr_setclock(&attributes, CLOCK_PROCESS_CPUTIME_ID)));
    pthread_cond_init(&monotonic, &attributes);
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_nsec += 30000000;
    if (end.tv_nsec >= 1000000000)
        end.tv_sec++, end.tv_nsec -= 1000000000;
    step("30 ms", "%s", errno_name(pthread_cond_timedwait(&monotonic, &mutex, &end)));
    clock_gettime(CLOCK_MONOTONIC, &now);
    step("not early", "%d", now.tv_sec > end.tv_sec
         || (now.tv_sec == end.tv_sec && now.tv_nsec >= end.tv_nsec));
    pthread_mutex_unlock(&mutex);
    contract_pass();
}
