/* Contract: when mprotect returns, no thread of the process can use the old permission any
 * more, although it used the page a moment ago; and when it gives the permission back, all
 * have it. Each access is handed over with a byte in a pipe.
 * Source: mprotect(2); the TLBs of all processors are flushed before it returns. */
#include "../contract.h"
#include <pthread.h>
#include <sys/mman.h>

enum { PAGE = 4096 };

static char *page;
static int orders[2], answers[2];

/* Obey 'r' and 'w' until 'q'. */
static void *obey(void *unused)
{
    char order;
    while (read(orders[0], &order, 1) == 1 && order != 'q') {
        step_access(order == 'r' ? "  thread reads" : "  thread writes", order, page, 7);
        expect(write(answers[1], &order, 1) == 1, "write");
    }
    return unused;
}

static void order(char what)
{
    expect(write(orders[1], &what, 1) == 1, "write");
    expect(what == 'q' || read(answers[0], &what, 1) == 1, "read");
}

static void protect(const char *name, int protection)
{
    step_result(name, mprotect(page, PAGE, protection));
    order('r');
    order('w');
    order('r');
}

int main(void)
{
    pthread_t thread;
    contract_catch_faults();
    page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(page != MAP_FAILED && pipe(orders) == 0 && pipe(answers) == 0, "setup");
    expect(pthread_create(&thread, NULL, obey, NULL) == 0, "pthread_create");
    for (int round = 0; round < 3; round++) {
        protect("read and write", PROT_READ | PROT_WRITE);
        page[7] = 'm';
        order('r');
        protect("read", PROT_READ);
        protect("none", PROT_NONE);
    }
    protect("read and write", PROT_READ | PROT_WRITE);
    order('q');
    expect(pthread_join(thread, NULL) == 0, "pthread_join");
    contract_pass();
}
