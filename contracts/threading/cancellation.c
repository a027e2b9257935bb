/* Contract: pthread_cancel ends a thread in a call that is a cancellation point, not elsewhere and
 * not while cancellation is disabled; handlers run, last in first out.
 * Source: pthread_cancel(3), pthreads(7) "Cancellation points". */
#include "threads.h"

static int ends[2];
static volatile pid_t tid;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t both;

static void cleans(void *text)
{
    step("clean up", "%s", (char *)text);
}

static void unlocks(void *unused)
{
    (void)unused;
    step("has the mutex", "%s", errno_name(pthread_mutex_trylock(&mutex)));
    pthread_mutex_unlock(&mutex);
}

static void *reads(void *unused)
{
    char byte;
    (void)unused;
    pthread_cleanup_push(cleans, "first");
    pthread_cleanup_push(cleans, "second");
    tid = own_tid();
    step("read", "%ld", (long)read(ends[0], &byte, 1));
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return NULL;
}

static void *waits(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(unlocks, NULL);
    tid = own_tid();
    for (;;)
        pthread_cond_wait(&never, &mutex);
    pthread_cleanup_pop(0);
    return NULL;
}

static void *disables(void *unused)
{
    int old;
    (void)unused;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    step("it was", "%s", old == PTHREAD_CANCEL_ENABLE ? "enabled" : "disabled");
    pthread_barrier_wait(&both);
    pthread_barrier_wait(&both);
    usleep(1000);
    step("still here", "%d", 1);
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    step("no point yet", "%d", 1);
    pthread_testcancel();
    step("not reached", "%d", 0);
    return NULL;
}

static void *asynchronous(void *unused)
{
    (void)unused;
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    pthread_barrier_wait(&both);
    for (;;)
        ;
    return NULL;
}

static void step_joined(pthread_t thread)
{
    void *result;
    expect(pthread_join(thread, &result) == 0, "pthread_join");
    step("result", "%s", result == PTHREAD_CANCELED ? "PTHREAD_CANCELED" : "another");
}

int main(void)
{
    pthread_t thread;
    expect(pipe(ends) == 0 && pthread_barrier_init(&both, NULL, 2) == 0, "set up");
    expect(pthread_create(&thread, NULL, reads, NULL) == 0, "pthread_create");
    wait_for_thread(&tid);
    expect(pthread_cancel(thread) == 0, "pthread_cancel");
    step_joined(thread);
    tid = 0;
    expect(pthread_create(&thread, NULL, waits, NULL) == 0, "pthread_create");
    wait_for_thread(&tid);
    expect(pthread_cancel(thread) == 0, "pthread_cancel");
    step_joined(thread);
    expect(pthread_create(&thread, NULL, disables, NULL) == 0, "pthread_create");
    pthread_barrier_wait(&both);
    step("cancel", "%s", errno_name(pthread_cancel(thread)));
    pthread_barrier_wait(&both);
    step_joined(thread);
    expect(pthread_create(&thread, NULL, asynchronous, NULL) == 0, "pthread_create");
    pthread_barrier_wait(&both);
    step("cancel a busy one", "%s", errno_name(pthread_cancel(thread)));
    step_joined(thread);
    contract_pass();
}
