/* Everything that rt_sigprocmask can be asked, and the time it takes. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int handled;

static void handler(int signo)
{
    handled = handled * 100 + signo;
}

static void ask(const char *what, long how, const void *set, void *old, long size)
{
    struct timespec now;
    long result = syscall(SYS_rt_sigprocmask, how, set, old, size);
    int error = result ? errno : 0;
    uint64_t mask = 0;
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8L);
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    printf("%s: %ld errno %d, mask %llx, handled %d, ns %ld\n", what, result, error,
           (unsigned long long)mask, handled, now.tv_nsec);
}

static void *thread(void *unused)
{
    uint64_t usr2 = 1 << (SIGUSR2 - 1);
    ask("a thread unblocks what its process has pending", SIG_UNBLOCK, &usr2, NULL, 8);
    return unused;
}

int main(void)
{
    uint64_t words[2] = {~0ULL, 0x55}, usr1 = 1 << (SIGUSR1 - 1), usr2 = 1 << (SIGUSR2 - 1), old;
    char *edge = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_t other;
    munmap(edge + 4096, 4096);
    signal(SIGUSR1, handler);
    signal(SIGUSR2, handler);
    ask("block all", SIG_BLOCK, &words[0], NULL, 8);
    ask("set some", SIG_SETMASK, &words[1], &words[0], 8);
    printf("old %llx\n", (unsigned long long)words[0]);
    ask("unblock some", SIG_UNBLOCK, &usr1, &old, 8);
    ask("how with its upper half set", 1L << 32 | SIG_SETMASK, &usr1, &old, 8);
    ask("set where the old one goes", SIG_BLOCK, &words[1], &words[1], 8);
    ask("no how", 77, &usr1, NULL, 8);
    ask("no how and no set", 77, NULL, &old, 8);
    ask("short", SIG_BLOCK, &usr1, NULL, 4);
    ask("bad set", SIG_BLOCK, (void *)8, NULL, 8);
    ask("set over the edge", SIG_BLOCK, edge + 4092, NULL, 8);
    ask("bad old", SIG_SETMASK, &usr2, (void *)8, 8);
    ask("old over the edge", SIG_SETMASK, &usr1, edge + 4092, 8);
    raise(SIGUSR1);
    ask("one is pending", SIG_BLOCK, &usr2, NULL, 8);
    ask("and delivered", SIG_UNBLOCK, &usr1, NULL, 8);
    ask("nothing more is", SIG_BLOCK, &usr1, NULL, 8);
    kill(getpid(), SIGUSR2);
    pthread_create(&other, NULL, thread, NULL);
    pthread_join(other, NULL);
    ask("it is gone", SIG_UNBLOCK, &usr2, NULL, 8);
    fflush(stdout);
    if (fork() == 0) {
        ask("a child has its own", SIG_SETMASK, &usr2, NULL, 8);
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
    ask("the parent keeps its", SIG_BLOCK, NULL, NULL, 8);
    return 0;
}
