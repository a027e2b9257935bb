/* Contract: a thread that stores without pause, making no system call, faults as soon as
 * another thread's mprotect takes the permission away: after mprotect has returned, the
 * memory does not change any more.
 * Source: mprotect(2); mm/mprotect.c:change_protection (flush_tlb_range). */
#include "../contract.h"
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

enum { PAGE = 4096 };

static volatile unsigned long *counter;
static int faulted[2];

static void *count(void *unused)
{
    if (sigsetjmp(contract_fault.back, 1) == 0)
        for (;;)
            ++*counter;
    step_fault("  the thread's fault", counter);
    expect(write(faulted[1], "f", 1) == 1, "write");
    return unused;
}

int main(void)
{
    contract_catch_faults();
    expect(pipe(faulted) == 0, "pipe");
    for (int round = 0; round < 5; round++) {
        pthread_t thread;
        char byte;
        counter = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        expect((void *)counter != MAP_FAILED, "mmap");
        expect(pthread_create(&thread, NULL, count, NULL) == 0, "pthread_create");
        while (*counter < 1000)
            sched_yield();
        int result = mprotect((void *)counter, PAGE, PROT_READ);
        unsigned long then = *counter;
        expect(read(faulted[0], &byte, 1) == 1, "read");
        step_result("mprotect", result);
        step("counted after mprotect", "%ld", (long)(*counter - then));
        expect(pthread_join(thread, NULL) == 0, "pthread_join");
        expect(munmap((void *)counter, PAGE) == 0, "munmap");
    }
    contract_pass();
}
