/* Contract: of real-time tasks that may run on one processor only, higher priorities go first;
 * SCHED_FIFO is not preempted by its equals, SCHED_RR takes turns with them, and whoever is woken
 * with a higher priority runs at once.
 * Requires: CAP_SYS_NICE
 * sched(7); kernel/sched/rt.c. */
#include "contract.h"
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>

struct shared {
    atomic_int count, order[64];
    atomic_int turns, last;
};

static struct shared *shared;
static int processor, gate[2];

static void become(int policy, int priority)
{
    struct sched_param parameter = {.sched_priority = priority};
    expect(syscall(SYS_sched_setscheduler, 0, policy, &parameter) == 0, "sched_setscheduler");
}

static void pin(void)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    expect(sched_setaffinity(0, sizeof one, &one) == 0, "sched_setaffinity");
}

static void note(int who)
{
    shared->order[atomic_fetch_add(&shared->count, 1)] = who;
}

static void compute(int ms)
{
    struct timespec now, end;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    end.tv_nsec += ms * 1000000L;
    do {
        for (volatile int i = 0; i < 10000; i++)
            ;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    } while (now.tv_sec * 1000000000L + now.tv_nsec < end.tv_sec * 1000000000L + end.tv_nsec);
}

static pid_t start(int who, int policy, int priority, int ms)
{
    char byte;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        become(policy, priority);
        expect(read(gate[0], &byte, 1) == 1, "read");
        note(who);
        compute(ms);
        note(-who);
        _exit(0);
    }
    wait_for_state(child, 'S');
    return child;
}

static void show(const char *name)
{
    char text[256] = "";
    for (int i = 0; i < shared->count; i++)
        sprintf(text + strlen(text), " %d", (int)shared->order[i]);
    step(name, "%s", text + 1);
    shared->count = 0;
}

/* Let `count` sleeping children go while this process, of the highest priority, keeps them off. */
static void release(int count)
{
    expect(write(gate[1], "aaaaaaaa", count) == count, "write");
}

static void wait_all(int count)
{
    int status;
    while (count-- > 0)
        expect(wait(&status) > 0 && status == 0, "a child");
}

static void alternate(int who, int ms)
{
    for (int i = 0; i < ms; i++) {
        compute(1);
        if (atomic_exchange(&shared->last, who) != who)
            shared->turns++;
    }
    _exit(0);
}

static void turns(const char *name, int policy, int ms)
{
    char byte;
    shared->turns = shared->last = 0;
    for (int who = 1; who <= 2; who++)
        if (fork() == 0) {
            become(policy, 5);
            expect(read(gate[0], &byte, 1) == 1, "read");
            alternate(who, ms);
        }
    usleep(20000);
    release(2);
    wait_all(2);
    step(name, "%s", shared->turns == 2 ? "one after the other" : "in turns");
}

int main(void)
{
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    expect(shared != MAP_FAILED && pipe(gate) == 0, "set-up");
    processor = sched_getcpu();
    pin();
    become(SCHED_FIFO, 50);
    start(1, SCHED_RR, 5, 5);
    start(2, SCHED_FIFO, 10, 5);
    start(3, SCHED_FIFO, 20, 5);
    start(4, SCHED_RR, 30, 5);
    release(4);
    wait_all(4);
    show("highest first");
    start(1, SCHED_FIFO, 10, 15);
    start(2, SCHED_FIFO, 10, 5);
    start(3, SCHED_FIFO, 10, 5);
    release(3);
    wait_all(3);
    show("equals in order");
    turns("SCHED_FIFO", SCHED_FIFO, 20);
    turns("SCHED_RR", SCHED_RR, 110);
    start(1, SCHED_FIFO, 10, 15);
    start(2, SCHED_FIFO, 5, 1);
    release(1);
    usleep(5000);
    note(50);
    release(1);
    wait_all(2);
    show("who wakes preempts");
    contract_pass();
}
