/* Prints what Linux leaves to chance, a line each; lines that begin with "fixed" are not. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static void show(const char *name, const void *data, size_t size)
{
    printf("%s ", name);
    for (size_t i = 0; i < size; i++)
        printf("%02x", ((const unsigned char *)data)[i]);
    printf("\n");
}

int main(void)
{
    unsigned char bytes[16];
    struct timespec time;
    int local;
    printf("pid %d\n", getpid());
    getrandom(bytes, sizeof bytes, 0);
    show("getrandom", bytes, sizeof bytes);
    read(open("/dev/urandom", O_RDONLY), bytes, sizeof bytes);
    show("urandom", bytes, sizeof bytes);
    show("AT_RANDOM", (void *)getauxval(AT_RANDOM), 16);
    printf("stack %p\n", (void *)&local);
    printf("mmap %p\n", mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    printf("brk %p\n", sbrk(0));
    printf("fixed main %p\n", (void *)(uintptr_t)main);
    clock_gettime(CLOCK_REALTIME, &time);
    printf("fixed time %ld\n", (long)time.tv_sec);
    return 0;
}
