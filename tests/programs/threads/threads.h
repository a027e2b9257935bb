/* Threads under stress: what the parts share. */
#ifndef THREADS_H
#define THREADS_H

#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MANY = 8 };

#define TIMES(number) ((number) * effort / 10)

extern const char *problem;
extern int effort;

/* Remember the first thing that is wrong. */
#define need(condition)                                                                        \
    do {                                                                                       \
        if (!(condition) && problem == NULL)                                                   \
            problem = #condition;                                                              \
    } while (0)

pthread_t start(void *(*body)(void *), void *argument);
void *end(pthread_t thread);
void run_all(void *(*body)(void *), int count);
struct timespec in_ms(clockid_t clock, long ms);
void *add_one(void *number);

extern long counter;
extern atomic_long sum;
extern pthread_mutex_t queue_mutex;
extern pthread_cond_t not_empty;
extern sem_t semaphore, done_semaphore;

void mutexes_exclude(void);
void mutex_kinds_differ(void);
void robust_mutexes_survive(void);
void mutexes_between_processes(void);
void conditions_carry_a_queue(void);
void conditions_time_out(void);
void rwlocks_let_readers_in(void);
void barriers_gather(void);
void spinlocks_exclude(void);
void semaphores_count(void);
void once_is_once(void);
void keys_are_destroyed(void);
void cancellation_cleans_up(void);
void thousands_come_and_go(void);
void detached_threads_end(void);
void stacks_are_guarded(void);
void threads_end_processes(void);
void signals_reach_their_thread(void);
void one_thread_takes_signals(void);
void fork_with_threads(void);
void futexes_hold_a_storm(void);

#endif
