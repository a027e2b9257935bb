/* The time-stamp counter never goes back, moves, and keeps step with CLOCK_MONOTONIC. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static uint64_t counter(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return low | (uint64_t)high << 32;
}

int main(void)
{
    uint64_t first = counter(), last = first;
    struct timespec time;
    for (int i = 0; i < 300000; i++) {
        uint64_t now = counter();
        if (now < last)
            return 1;
        last = now;
        if (i % 50000 == 0)
            usleep(1000);
    }
    if (last - first < 6000000)
        return 2;
    clock_gettime(CLOCK_MONOTONIC, &time);
    int64_t apart = counter() - (time.tv_sec * 1000000000LL + time.tv_nsec);
    printf("%ld %ld\n", (long)(last - first), (long)apart);
    return labs(apart) > 1000 ? 3 : 0;
}
