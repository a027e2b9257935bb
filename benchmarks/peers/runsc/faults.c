/* Faults have the code of the host, where a page that was not used yet is not mapped at all; there is no
 * BUS_ADRERR, and MAP_GROWSDOWN does not grow. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static sigjmp_buf back;
static volatile int number, code;

static void caught(int signal, siginfo_t *info, void *context)
{
    (void)context;
    number = signal;
    code = info->si_code;
    siglongjmp(back, 1);
}

static void touch(const char *what, volatile char *address, int store)
{
    number = code = 0;
    if (sigsetjmp(back, 1) == 0) {
        if (store)
            *address = 1;
        else
            (void)*address;
    }
    printf("%s: signal %d, code %d\n", what, number, code);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    int fd = open("file", O_RDWR | O_CREAT, 0600), kind = MAP_PRIVATE | MAP_ANONYMOUS;
    if (ftruncate(fd, 1))
        return 1;
    char *none = mmap(NULL, 4096, PROT_NONE, kind, -1, 0);
    char *reading = mmap(NULL, 4096, PROT_READ | PROT_WRITE, kind, -1, 0);
    mprotect(reading, 4096, PROT_READ);
    char *file = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    touch("load from PROT_NONE", none, 0);
    if (sigsetjmp(back, 1) == 0)
        ((void (*)(void))reading)();
    printf("call of PROT_READ, not used: signal %d, code %d\n", number, code);
    touch("load from it", reading, 0);
    if (sigsetjmp(back, 1) == 0)
        ((void (*)(void))reading)();
    printf("call of PROT_READ, used: signal %d, code %d\n", number, code);
    touch("load from nowhere", (char *)16, 0);
    touch("load beyond the end of a file", file + 4096, 0);
    char *down = mmap(NULL, 1 << 22, PROT_NONE, kind, -1, 0) + (1 << 22) - 4096;
    munmap(down - (1 << 22) + 4096, (1 << 22) - 4096);
    mmap(down, 4096, PROT_READ | PROT_WRITE, kind | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
    touch("store below MAP_GROWSDOWN", down - 1, 1);
}
