/* Contract: one thread of a barrier is its serial one; a read-write lock has many readers or one
 * writer; a semaphore counts, also between processes.
 * Source: pthread_barrier_wait(3p), pthread_rwlock_rdlock(3p), sem_overview(7). */
#include "threads.h"
#include <semaphore.h>
#include <sys/mman.h>

static pthread_barrier_t barrier;
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static volatile int serial, passed;
static sem_t *counter;

static void *meets(void *unused)
{
    (void)unused;
    for (int round = 0; round < 50; round++)
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
            __sync_fetch_and_add(&serial, 1);
    __sync_fetch_and_add(&passed, 1);
    return NULL;
}

static void *tries(void *unused)
{
    (void)unused;
    int result = pthread_rwlock_tryrdlock(&lock);
    step("another reader", "%s", errno_name(result));
    if (result == 0)
        pthread_rwlock_unlock(&lock);
    result = pthread_rwlock_trywrlock(&lock);
    step("another writer", "%s", errno_name(result));
    if (result == 0)
        pthread_rwlock_unlock(&lock);
    struct timespec past = {1, 0};
    step("a writer in time", "%s", errno_name(pthread_rwlock_timedwrlock(&lock, &past)));
    return NULL;
}

static void in_thread(void *(*body)(void *))
{
    pthread_t thread;
    expect(pthread_create(&thread, NULL, body, NULL) == 0, "pthread_create");
    expect(pthread_join(thread, NULL) == 0, "pthread_join");
}

int main(void)
{
    pthread_t threads[3];
    expect(pthread_barrier_init(&barrier, NULL, 4) == 0, "barrier");
    for (int at = 0; at < 3; at++)
        expect(pthread_create(&threads[at], NULL, meets, NULL) == 0, "pthread_create");
    meets(NULL);
    for (int at = 0; at < 3; at++)
        expect(pthread_join(threads[at], NULL) == 0, "pthread_join");
    step("rounds and threads", "%d %d", serial, passed);

    step("read", "%s", errno_name(pthread_rwlock_rdlock(&lock)));
    in_thread(tries);
    step("unlock", "%s", errno_name(pthread_rwlock_unlock(&lock)));
    step("write", "%s", errno_name(pthread_rwlock_wrlock(&lock)));
    in_thread(tries);
    step("unlock", "%s", errno_name(pthread_rwlock_unlock(&lock)));

    struct timespec past = {1, 0}, bad = {1, -1};
    int value;
    counter = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    expect(sem_init(counter, 1, 1) == 0, "sem_init");
    step_result("one", sem_wait(counter));
    step_result("none", sem_trywait(counter));
    step_result("in time", sem_timedwait(counter, &past));
    step_result("no such time", sem_timedwait(counter, &bad));
    pid_t child = fork();
    if (child == 0)
        _exit(sem_wait(counter) == 0 ? 0 : errno);
    wait_for_state(child, 'S');
    step_result("post to a child", sem_post(counter));
    wait_for_success(child);
    expect(sem_getvalue(counter, &value) == 0, "sem_getvalue");
    step("value", "%d", value);
    contract_pass();
}
