/* What contracts about threads share: the raw futex call, and threads that sleep in it. */
#ifndef KEVLAR_THREADS_H
#define KEVLAR_THREADS_H

#include "../contract.h"
#include <pthread.h>
#include <time.h>

/* linux/futex.h, which not every C library comes with. */
enum {
    FUTEX_WAIT, FUTEX_WAKE, FUTEX_FD, FUTEX_REQUEUE, FUTEX_CMP_REQUEUE, FUTEX_WAKE_OP,
    FUTEX_LOCK_PI, FUTEX_UNLOCK_PI, FUTEX_TRYLOCK_PI, FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET,
    FUTEX_WAIT_REQUEUE_PI, FUTEX_CMP_REQUEUE_PI, FUTEX_LOCK_PI2,
    FUTEX_PRIVATE = 128, FUTEX_CLOCK_REALTIME = 256,
    FUTEX_WAIT_PRIVATE = FUTEX_WAIT | FUTEX_PRIVATE,
    FUTEX_WAKE_PRIVATE = FUTEX_WAKE | FUTEX_PRIVATE,
};
#define FUTEX_TID_MASK 0x3fffffffu
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_WAITERS 0x80000000u
#define FUTEX_BITSET_MATCH_ANY 0xffffffffu

static inline long futex(unsigned int *word, int operation, unsigned int value, const void *timeout,
                         unsigned int *second, unsigned int third)
{
    return syscall(SYS_futex, word, operation, value, timeout, second, third);
}

static inline pid_t own_tid(void)
{
    return syscall(SYS_gettid);
}

/* A thread that makes one futex call, and what came of it. */
struct sleeper {
    pthread_t thread;
    unsigned int *word, *second;
    int operation;
    unsigned int value, third;
    const struct timespec *timeout;
    volatile pid_t tid;
    long result;
    int error;
};

/* Wait until thread `tid` of this process sleeps: only /proc can tell. */
static inline void wait_for_thread(volatile pid_t *tid)
{
    char path[64];
    while (*tid == 0)
        usleep(1000);
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)*tid);
    for (;;) {
        char line[512];
        FILE *file = fopen(path, "r");
        if (file == NULL)
            return;
        int there = fgets(line, sizeof line, file) != NULL;
        fclose(file);
        char *end = there ? strrchr(line, ')') : NULL;
        if (end != NULL && end[2] == 'S')
            return;
        usleep(1000);
    }
}

static inline void *sleeper_body(void *argument)
{
    struct sleeper *self = argument;
    self->tid = own_tid();
    self->result = futex(self->word, self->operation, self->value, self->timeout, self->second,
                         self->third);
    self->error = self->result < 0 ? errno : 0;
    return NULL;
}

/* Start a thread that sleeps in `self`'s call; returns when it sleeps. */
static inline void start_sleeper(struct sleeper *self)
{
    self->tid = 0;
    expect(pthread_create(&self->thread, NULL, sleeper_body, self) == 0, "pthread_create");
    wait_for_thread(&self->tid);
}

static inline void sleep_on(struct sleeper *self, unsigned int *word, int operation,
                            unsigned int value, unsigned int third)
{
    *self = (struct sleeper){.word = word, .operation = operation, .value = value, .third = third};
    start_sleeper(self);
}

/* Join it and print what its call returned. */
static inline void step_end(const char *name, struct sleeper *self)
{
    expect(pthread_join(self->thread, NULL) == 0, "pthread_join");
    if (self->error)
        step(name, "%s", errno_name(self->error));
    else
        step(name, "%ld", self->result);
}

#endif
