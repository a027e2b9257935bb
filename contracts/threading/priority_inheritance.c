/* Contract: the owner of a lock with priority inheritance has the best priority of those who wait
 * for it, directly or through another lock, as long as they wait; /proc/PID/stat shows it.
 * Waiters get the lock by priority.
 * Requires: CAP_SYS_NICE
 * Source: futex(2) "Priority-inheritance futexes", proc(5); kernel/locking/rtmutex.c. */
#include "threads.h"
#include <sched.h>

static unsigned int first, second;
static volatile pid_t low, middle, high;
static int go[2];
static volatile int order;

static void lock(unsigned int *word)
{
    if (futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0) != 0)
        contract_fail("lock", "%s", errno_name(errno));
}

static void unlock(unsigned int *word)
{
    if (futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) != 0)
        contract_fail("unlock", "%s", errno_name(errno));
}

static void become(int priority)
{
    struct sched_param parameter = {.sched_priority = priority};
    if (syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &parameter) != 0)
        contract_fail("sched_setscheduler", "%s", errno_name(errno));
}

static void *owns_first(void *unused)
{
    char byte;
    (void)unused;
    lock(&first);
    low = own_tid();
    expect(read(go[0], &byte, 1) == 1, "read");
    unlock(&first);
    expect(read(go[0], &byte, 1) == 1, "read");
    return NULL;
}

static void *owns_second(void *unused)
{
    (void)unused;
    become(10);
    lock(&second);
    middle = own_tid();
    lock(&first);
    order = order * 10 + 1;
    unlock(&first);
    unlock(&second);
    return NULL;
}

static void *wants_second(void *unused)
{
    (void)unused;
    become(20);
    high = own_tid();
    lock(&second);
    order = order * 10 + 2;
    unlock(&second);
    return NULL;
}

static void step_priority(const char *name, pid_t tid)
{
    char path[64], line[512];
    long priority, nice;
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)tid);
    FILE *file = fopen(path, "r");
    expect(file != NULL && fgets(line, sizeof line, file) != NULL, "stat");
    fclose(file);
    sscanf(strrchr(line, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %ld %ld",
           &priority, &nice);
    step(name, "priority %ld, nice %ld", priority, nice);
}

int main(void)
{
    pthread_t threads[3];
    expect(pipe(go) == 0, "pipe");
    expect(pthread_create(&threads[0], NULL, owns_first, NULL) == 0, "pthread_create");
    wait_for_thread(&low);
    step_priority("an ordinary owner", low);
    expect(pthread_create(&threads[1], NULL, owns_second, NULL) == 0, "pthread_create");
    wait_for_thread(&middle);
    step_priority("a real-time waiter", middle);
    step_priority("the owner", low);
    expect(pthread_create(&threads[2], NULL, wants_second, NULL) == 0, "pthread_create");
    wait_for_thread(&high);
    step_priority("another waits for that waiter", middle);
    step_priority("the owner", low);
    expect(write(go[1], "x", 1) == 1, "write");
    expect(pthread_join(threads[1], NULL) == 0 && pthread_join(threads[2], NULL) == 0, "join");
    step_priority("nobody waits any more", low);
    step("order", "%d", order);
    expect(write(go[1], "x", 1) == 1, "write");
    expect(pthread_join(threads[0], NULL) == 0, "join");
    contract_pass();
}
