/* Contract: a normal, a recursive and an error-checking mutex; also shared between processes.
 * Source: pthread_mutex_lock(3), pthread_mutexattr_settype(3). */
#include "threads.h"
#include <sys/mman.h>

static pthread_mutex_t *mutex;

static const char *name_of(int error)
{
    return errno_name(error);
}

static void make(int type, int shared)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, type);
    pthread_mutexattr_setpshared(&attributes, shared);
    expect(pthread_mutex_init(mutex, &attributes) == 0, "pthread_mutex_init");
}

static void *other_thread(void *unused)
{
    (void)unused;
    step("another tries", "%s", name_of(pthread_mutex_trylock(mutex)));
    struct timespec past = {1, 0};
    step("another waits in vain", "%s", name_of(pthread_mutex_timedlock(mutex, &past)));
    return NULL;
}

static void *unlocks(void *unused)
{
    (void)unused;
    step("another unlocks", "%s", name_of(pthread_mutex_unlock(mutex)));
    return NULL;
}

static void in_thread(void *(*body)(void *))
{
    pthread_t thread;
    expect(pthread_create(&thread, NULL, body, NULL) == 0, "pthread_create");
    expect(pthread_join(thread, NULL) == 0, "pthread_join");
}

static void *adds(void *total)
{
    for (int count = 0; count < 20000; count++) {
        pthread_mutex_lock(mutex);
        ++*(volatile long *)total;
        pthread_mutex_unlock(mutex);
    }
    return NULL;
}

int main(void)
{
    mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    long *total = (long *)((char *)mutex + 256);
    make(PTHREAD_MUTEX_NORMAL, PTHREAD_PROCESS_PRIVATE);
    step("normal", "%s", name_of(pthread_mutex_lock(mutex)));
    step("again without waiting", "%s", name_of(pthread_mutex_trylock(mutex)));
    in_thread(other_thread);
    step("unlock", "%s", name_of(pthread_mutex_unlock(mutex)));
    make(PTHREAD_MUTEX_RECURSIVE, PTHREAD_PROCESS_PRIVATE);
    step("recursive", "%s", name_of(pthread_mutex_lock(mutex)));
    step("again", "%s", name_of(pthread_mutex_lock(mutex)));
    step("unlock", "%s", name_of(pthread_mutex_unlock(mutex)));
    in_thread(other_thread);
    in_thread(unlocks);
    step("unlock", "%s", name_of(pthread_mutex_unlock(mutex)));
    step("unlock once too often", "%s", name_of(pthread_mutex_unlock(mutex)));
    make(PTHREAD_MUTEX_ERRORCHECK, PTHREAD_PROCESS_PRIVATE);
    step("error-checking", "%s", name_of(pthread_mutex_lock(mutex)));
    step("again", "%s", name_of(pthread_mutex_lock(mutex)));
    in_thread(unlocks);
    step("unlock", "%s", name_of(pthread_mutex_unlock(mutex)));
    step("unlock once too often", "%s", name_of(pthread_mutex_unlock(mutex)));

    make(PTHREAD_MUTEX_NORMAL, PTHREAD_PROCESS_SHARED);
    pid_t child = fork();
    pthread_t thread;
    expect(pthread_create(&thread, NULL, adds, total) == 0, "pthread_create");
    adds(total);
    expect(pthread_join(thread, NULL) == 0, "pthread_join");
    if (child == 0)
        _exit(0);
    wait_for_success(child);
    step("four added", "%ld", *total);
    contract_pass();
}
