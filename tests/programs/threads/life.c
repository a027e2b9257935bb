/* How threads begin and end: once, keys, cancellation, detaching, stacks. */
#include "threads.h"

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

void once_is_once(void)
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

void keys_are_destroyed(void)
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

void cancellation_cleans_up(void)
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

void *add_one(void *number)
{
    sum += 1;
    return number;
}

void thousands_come_and_go(void)
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

void detached_threads_end(void)
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

void stacks_are_guarded(void)
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

void threads_end_processes(void)
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
