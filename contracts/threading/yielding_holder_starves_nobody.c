/* Contract: a thread that yields whenever it holds a lock, and takes it again as soon as it has let
 * go, does not keep the lock from a waiter for ever: it is preempted, sooner or later between the
 * two. pthread_mutex_lock(3), sched_yield(2). */
#include "contract.h"
#include <pthread.h>
#include <sched.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile int turns;

static void *waiter(void *nothing)
{
    for (int i = 0; i < 3; i++) {
        pthread_mutex_lock(&lock);
        turns++;
        pthread_mutex_unlock(&lock);
    }
    return nothing;
}

int main(void)
{
    pthread_t thread;
    expect(pthread_create(&thread, NULL, waiter, NULL) == 0, "pthread_create");
    while (turns < 3) {
        pthread_mutex_lock(&lock);
        sched_yield();
        pthread_mutex_unlock(&lock);
    }
    expect(pthread_join(thread, NULL) == 0, "pthread_join");
    step("turns of the waiter", "%d", turns);
    contract_pass();
}
