/* Two threads race on purpose: the argument says how. Prints what came of it. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 100 };

static volatile int counter, ready, value, seen = 1, order[2], ended;

/* Called each time, so that a block ends between reading and writing. */
__attribute__((noinline)) static int successor(int number)
{
    __asm__ volatile("" ::: "memory");
    return number + 1;
}

/* Loses updates: read, call, write. */
static void *increments(void *unused)
{
    for (int i = 0; i < ROUNDS; i++)
        counter = successor(counter);
    return unused;
}

/* Announces a value before it is there. */
static void *announces(void *unused)
{
    ready = successor(0);
    value = successor(0);
    return unused;
}

static void *looks(void *unused)
{
    while (!ready)
        ;
    seen = value;
    return unused;
}

/* Who of two is the first to end? */
static void *ends(void *number)
{
    order[__atomic_fetch_add(&ended, 1, __ATOMIC_SEQ_CST)] = (int)(long)number;
    return NULL;
}

static void both(void *(*first)(void *), void *(*second)(void *))
{
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, first, (void *)1);
    pthread_create(&threads[1], NULL, second, (void *)2);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
}

/* Does the child write before the parent goes on? */
static int child_is_late(void)
{
    volatile int *shared =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = fork();
    if (child == 0) {
        *shared = 1;
        _exit(0);
    }
    int late = *shared == 0;
    waitpid(child, NULL, 0);
    return late;
}

int main(int count, char **arguments)
{
    const char *kind = count > 1 ? arguments[1] : "";
    if (strcmp(kind, "counter") == 0) {
        both(increments, increments);
        printf("%d of %d\n", counter, 2 * ROUNDS);
    } else if (strcmp(kind, "announcement") == 0) {
        both(looks, announces);
        printf("%s\n", seen ? "there" : "not there");
    } else if (strcmp(kind, "order") == 0) {
        both(ends, ends);
        printf("%d before %d\n", order[0], order[1]);
    } else
        printf("%s\n", child_is_late() ? "late" : "in time");
    return 0;
}
