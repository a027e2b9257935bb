/* Threads under stress: whatever POSIX threads promise, checked by its results alone.
 *
 * Prints `ok N - what` or `not ok N - what: why` for each check, and neither numbers nor an order
 * that another schedule would change. */
#include "threads.h"

const char *problem;
/* Tenths of the usual number of rounds. */
int effort = 10;

pthread_t start(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, body, argument);
    need(error == 0);
    if (error)
        abort();
    return thread;
}

void *end(pthread_t thread)
{
    void *result = NULL;
    need(pthread_join(thread, &result) == 0);
    return result;
}

void run_all(void *(*body)(void *), int count)
{
    pthread_t threads[64];
    for (int i = 0; i < count; i++)
        threads[i] = start(body, (void *)(intptr_t)i);
    for (int i = 0; i < count; i++)
        end(threads[i]);
}

struct timespec in_ms(clockid_t clock, long ms)
{
    struct timespec at;
    clock_gettime(clock, &at);
    at.tv_sec += (at.tv_nsec + ms * 1000000) / 1000000000;
    at.tv_nsec = (at.tv_nsec + ms * 1000000) % 1000000000;
    return at;
}

static const struct { const char *name; void (*run)(void); } checks[] = {
    {"mutexes of all kinds exclude", mutexes_exclude},
    {"recursive, error-checking and plain mutexes differ", mutex_kinds_differ},
    {"robust mutexes survive their owners", robust_mutexes_survive},
    {"mutexes work between processes", mutexes_between_processes},
    {"condition variables carry a queue", conditions_carry_a_queue},
    {"condition variables time out on both clocks", conditions_time_out},
    {"read-write locks let readers in", rwlocks_let_readers_in},
    {"barriers gather", barriers_gather},
    {"spin locks exclude", spinlocks_exclude},
    {"semaphores count", semaphores_count},
    {"pthread_once is once", once_is_once},
    {"keys and thread-local storage", keys_are_destroyed},
    {"cancellation cleans up", cancellation_cleans_up},
    {"thousands of threads come and go", thousands_come_and_go},
    {"detached threads end", detached_threads_end},
    {"stacks have guards and can be given", stacks_are_guarded},
    {"threads end processes", threads_end_processes},
    {"signals reach their thread", signals_reach_their_thread},
    {"one thread takes the process's signals", one_thread_takes_signals},
    {"a process with threads forks", fork_with_threads},
    {"futexes hold a storm", futexes_hold_a_storm},
};

int main(int argc, char **argv)
{
    int failed = 0, count = (int)(sizeof checks / sizeof *checks);
    effort = argc > 1 ? atoi(argv[1]) : 10;
    for (int i = 0; i < count; i++) {
        problem = NULL;
        checks[i].run();
        failed += problem != NULL;
        printf(problem ? "not ok %d - %s: %s\n" : "ok %d - %s\n", i + 1, checks[i].name, problem);
        fflush(stdout);
    }
    printf("%d of %d\n", count - failed, count);
    return failed != 0;
}
