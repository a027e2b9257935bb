/* Contract: pthread_join gives what the thread returned, or EDEADLK for oneself; a detached thread
 * needs no join. Each thread has an id and a stack of its own, all have one process id.
 * Source: pthread_create(3), pthread_join(3), pthreads(7), gettid(2). */
#include "threads.h"

static __thread int local = 7;
static int shared = 7;
static pthread_key_t key;
static volatile int destroyed;
static pthread_t first;

static void destroy(void *value)
{
    destroyed += *(int *)value;
}

static void *body(void *argument)
{
    static int five = 5;
    local += *(int *)argument, shared += *(int *)argument;
    step("of the thread", "%d %d", local, shared);
    step("a key has nothing", "%d", pthread_getspecific(key) == NULL);
    expect(pthread_setspecific(key, &five) == 0, "pthread_setspecific");
    step("ids differ", "%d, process the same %d", own_tid() != getpid(), pthread_self() != first);
    return &five;
}

static void *exits(void *argument)
{
    pthread_exit(argument);
}

static void *joins_main(void *unused)
{
    (void)unused;
    void *result;
    expect(pthread_join(first, &result) == 0, "join the first thread");
    step("the first thread gave", "%s", (char *)result);
    contract_pass();
}

static void *posts(void *descriptor)
{
    expect(write(*(int *)descriptor, "x", 1) == 1, "write");
    return NULL;
}

int main(void)
{
    pthread_t thread;
    void *result;
    int ten = 10, ends[2];
    first = pthread_self();
    expect(pthread_key_create(&key, destroy) == 0 && pipe(ends) == 0, "set up");
    expect(pthread_create(&thread, NULL, body, &ten) == 0, "pthread_create");
    step("join", "%s", errno_name(pthread_join(thread, &result)));
    step("it returned", "%d", *(int *)result);
    step("its key was destroyed", "%d", destroyed);
    step("here", "%d %d", local, shared);
    expect(pthread_create(&thread, NULL, exits, "pthread_exit") == 0, "pthread_create");
    expect(pthread_join(thread, &result) == 0, "pthread_join");
    step("it gave", "%s", (char *)result);

    pthread_attr_t attributes;
    size_t size;
    char byte;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    expect(pthread_attr_setstacksize(&attributes, 1 << 20) == 0, "stack size");
    pthread_attr_getstacksize(&attributes, &size);
    step("stack", "%zu", size);
    expect(pthread_create(&thread, &attributes, posts, &ends[1]) == 0, "pthread_create");
    step("a detached one wrote", "%d", (int)read(ends[0], &byte, 1));
    expect(pthread_create(&thread, NULL, posts, &ends[1]) == 0, "pthread_create");
    step("detach", "%s", errno_name(pthread_detach(thread)));
    step("it wrote", "%d", (int)read(ends[0], &byte, 1));
    for (int count = 0; count < 200; count++) {
        expect(pthread_create(&thread, NULL, exits, &ten) == 0, "one of many");
        expect(pthread_join(thread, &result) == 0 && result == &ten, "one of many");
    }
    step("two hundred more", "%d", 200);
    expect(pthread_create(&thread, NULL, joins_main, NULL) == 0, "pthread_create");
    pthread_exit("farewell");
}
