/* Contract: a robust mutex whose owner ended is EOWNERDEAD to the next one, who may make it
 * consistent; if not, it is ENOTRECOVERABLE from then on. With priority inheritance, too.
 * Source: pthread_mutexattr_setrobust(3), pthread_mutex_consistent(3). */
#include "threads.h"
#include <sys/mman.h>

static pthread_mutex_t *mutex;

static void make(int protocol)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    expect(pthread_mutexattr_setprotocol(&attributes, protocol) == 0, "protocol");
    expect(pthread_mutex_init(mutex, &attributes) == 0, "pthread_mutex_init");
}

static void *takes(void *unused)
{
    (void)unused;
    expect(pthread_mutex_lock(mutex) == 0, "lock");
    return NULL;
}

static void play(void)
{
    pthread_t thread;
    expect(pthread_create(&thread, NULL, takes, NULL) == 0, "pthread_create");
    expect(pthread_join(thread, NULL) == 0, "pthread_join");
    step("its thread ended", "%s", errno_name(pthread_mutex_lock(mutex)));
    step("again", "%s", errno_name(pthread_mutex_lock(mutex)));
    step("consistent", "%s", errno_name(pthread_mutex_consistent(mutex)));
    step("unlock", "%s", errno_name(pthread_mutex_unlock(mutex)));
    step("lock", "%s", errno_name(pthread_mutex_lock(mutex)));
    step("consistent already", "%s", errno_name(pthread_mutex_consistent(mutex)));
    step("unlock", "%s", errno_name(pthread_mutex_unlock(mutex)));

    pid_t child = fork();
    if (child == 0) {
        takes(NULL);
        raise(SIGKILL);
    }
    expect(waitpid(child, NULL, 0) == child, "waitpid");
    step("its process was killed", "%s", errno_name(pthread_mutex_trylock(mutex)));
    step("unlock as it is", "%s", errno_name(pthread_mutex_unlock(mutex)));
    step("lock", "%s", errno_name(pthread_mutex_lock(mutex)));
    step("try", "%s", errno_name(pthread_mutex_trylock(mutex)));
    expect(pthread_mutex_destroy(mutex) == 0, "destroy");
}

static void waiting_when_it_dies(int more)
{
    int ready[2];
    char byte;
    expect(pipe(ready) == 0, "pipe");
    pid_t owner = fork();
    if (owner == 0) {
        takes(NULL);
        expect(write(ready[1], "x", 1) == 1, "write");
        pause();
    }
    expect(read(ready[0], &byte, 1) == 1, "read");
    pid_t waiter = fork();
    if (waiter == 0)
        _exit(pthread_mutex_lock(mutex));
    wait_for_state(waiter, 'S');
    kill(owner, SIGKILL);
    int status;
    expect(waitpid(owner, NULL, 0) == owner && waitpid(waiter, &status, 0) == waiter, "waitpid");
    step("who waited got", "%s", errno_name(WEXITSTATUS(status)));
    if (!more)
        return;
    step("and after it", "%s", errno_name(pthread_mutex_lock(mutex)));
    step("unlock", "%s", errno_name(pthread_mutex_unlock(mutex)));
}

int main(void)
{
    mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    make(PTHREAD_PRIO_NONE);
    play();
    make(PTHREAD_PRIO_NONE);
    waiting_when_it_dies(1);
    make(PTHREAD_PRIO_INHERIT);
    play();
    make(PTHREAD_PRIO_INHERIT);
    waiting_when_it_dies(0);
    contract_pass();
}
