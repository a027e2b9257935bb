/* Contract: schedstat is three numbers, of which the first is nanoseconds on a processor and grows
 * with work, and the last counts turns and grows with each sleep. fs/proc/base.c. */
#include "contract.h"
#include <time.h>

static void load(long *numbers)
{
    char text[128] = "";
    int fd = open("/proc/self/schedstat", O_RDONLY), end = 0;
    expect(fd >= 0 && read(fd, text, sizeof text - 1) > 0, "read");
    close(fd);
    expect(sscanf(text, "%ld %ld %ld\n%n", numbers, numbers + 1, numbers + 2, &end) == 3, "three");
    expect(text[end] == 0, "nothing more");
}

int main(void)
{
    long before[3], after[3];
    struct timespec nap = {0, 40000000}; /* a shorter one may end before the task is off its CPU */
    load(before);
    for (volatile int i = 0; i < 30000000; i++)
        ;
    nanosleep(&nap, NULL); /* what a task has run is summed up at a tick, or when it sleeps */
    load(after);
    step("time grows by more than 5 ms", "%d", after[0] - before[0] > 5000000);
    load(before);
    for (int i = 0; i < 5; i++)
        nanosleep(&nap, NULL);
    load(after);
    step("five sleeps are five turns or more", "%d", after[2] - before[2] >= 5);
    contract_pass();
}
