/* Programs that never end by themselves, or end badly; the first argument chooses one.
 * Each prints "before" first, which must not be lost. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char *self;

static void loop(void)
{
    for (;;)
        __asm__ volatile("" ::: "memory");
}

static void loop_with_all_blocked(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    alarm(1);
    loop();
}

static void system_calls(void)
{
    for (;;)
        getppid();
}

static void forks(void)
{
    for (;;)
        fork();
}

static void forks_and_waits(void)
{
    for (;;)
        if (fork() == 0)
            _exit(0);
        else
            wait(NULL);
}

/* Each child becomes the parent of the next: nobody is ever waited for. */
static void forks_in_a_chain(void)
{
    for (;;)
        if (fork() > 0)
            pause();
}

static void *thread(void *unused)
{
    pause();
    return unused;
}

static void threads(void)
{
    pthread_t id;
    for (;;)
        pthread_create(&id, NULL, thread, NULL);
}

static void *short_thread(void *unused)
{
    return unused;
}

static void threads_that_end(void)
{
    pthread_t id;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    for (;;)
        pthread_create(&id, &attributes, short_thread, NULL);
}

static void allocates(void)
{
    for (;;) {
        volatile char *memory = malloc(1 << 20);
        for (int i = 0; memory && i < 1 << 20; i += 4096)
            memory[i] = 1;
    }
}

/* Each child is killed for want of memory; the parent must live to see it. */
static void allocates_in_a_child(void)
{
    int status;
    pid_t pid = fork();
    if (pid == 0)
        allocates();
    waitpid(pid, &status, 0);
    printf("signal %d\n", WTERMSIG(status));
    exit(0);
}

static void fills_a_file(void)
{
    static char block[1 << 16];
    int fd = open("/tmp/file", O_WRONLY | O_CREAT, 0600);
    while (write(fd, block, sizeof block) > 0)
        ;
    printf("%s\n", strerror(errno));
    exit(0);
}

static void makes_files(void)
{
    char name[32];
    for (int number = 0;; number++) {
        sprintf(name, "/tmp/%d", number);
        int fd = open(name, O_WRONLY | O_CREAT, 0600);
        if (fd < 0) {
            printf("%s\n", strerror(errno));
            exit(0);
        }
        close(fd);
    }
}

static void makes_directories(void)
{
    int depth = 0;
    struct statvfs before;
    chdir("/tmp");
    statvfs(".", &before);
    while (depth < 5000 && mkdir("d", 0700) == 0 && chdir("d") == 0)
        depth++;
    static char path[1 << 16];
    const char *said = syscall(SYS_getcwd, path, sizeof path) < 0 ? strerror(errno) : path;
    printf("%ld left, %s\n", (long)before.f_ffree - depth, said);
    exit(0);
}

static void prints(void)
{
    for (;;)
        write(1, "line\n", 5);
}

static void prints_much_at_once(void)
{
    static char one[1 << 20];
    struct iovec all[1024];
    memset(one, 'x', sizeof one);
    for (int i = 0; i < 1024; i++)
        all[i] = (struct iovec){one, sizeof one};
    for (;;)
        writev(2, all, 1024);
}

static void fills_a_pipe(void)
{
    int pair[2];
    pipe(pair);
    for (;;)
        write(pair[1], "12345678", 8);
}

static int __attribute__((noinline)) deeper(volatile int *above)
{
    volatile int frame[64];
    frame[0] = *above + 1;
    return deeper((volatile int *)frame) + frame[0];
}

static void recurses(void)
{
    volatile int zero = 0;
    exit(deeper(&zero));
}

static void opens(void)
{
    struct rlimit limit = {4096, 4096};
    setrlimit(RLIMIT_NOFILE, &limit);
    while (open("/dev/null", O_RDONLY) >= 0)
        ;
    printf("%s\n", strerror(errno));
    exit(0);
}

static void sleeps(void)
{
    for (;;)
        sleep(1000000);
}

static void sleeps_as_long_as_can_be(void)
{
    struct timespec time = {.tv_sec = INT64_MAX};
    nanosleep(&time, NULL);
    exit(0);
}

static void pauses(void)
{
    for (;;)
        pause();
}

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER;

static void *other_order(void *unused)
{
    pthread_mutex_lock(&second);
    sched_yield();
    pthread_mutex_lock(&first);
    return unused;
}

static void deadlocks(void)
{
    pthread_t id;
    pthread_mutex_lock(&first);
    pthread_create(&id, NULL, other_order, NULL);
    usleep(1000);
    pthread_mutex_lock(&second);
}

static void reads_its_own_pipe(void)
{
    int pair[2];
    char byte;
    pipe(pair);
    if (fork() == 0)
        pause();
    read(pair[0], &byte, 1);
}

static void stops_itself(void)
{
    raise(SIGSTOP);
    exit(0);
}

static void executes_itself(void)
{
    execl(self, self, "executes_itself", NULL);
}

static void ignore_fault(int signal)
{
    (void)signal;
}

static void faults_again_and_again(void)
{
    signal(SIGSEGV, ignore_fault);
    *(volatile int *)16 = 1;
}

static void signals_itself(void)
{
    struct sigaction action = {.sa_handler = ignore_fault, .sa_flags = SA_NODEFER};
    sigaction(SIGUSR1, &action, NULL);
    for (;;)
        kill(0, SIGUSR1);
}

static void nest(int signal)
{
    raise(signal);
}

static void nests_handlers(void)
{
    struct sigaction action = {.sa_handler = nest, .sa_flags = SA_NODEFER};
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
}

static void fires_timers(void)
{
    timer_t id;
    struct itimerspec often = {{0, 1}, {0, 1}};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    signal(SIGUSR1, ignore_fault);
    for (int i = 0; i < 32; i++) {
        timer_create(CLOCK_MONOTONIC, &event, &id);
        timer_settime(id, 0, &often, NULL);
    }
    pauses();
}

static void maps(void)
{
    for (int i = 0;; i++) /* alternating, so that no two become one */
        if (mmap(NULL, 4096, i % 2 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            == MAP_FAILED) {
            printf("%s\n", strerror(errno));
            exit(0);
        }
}

/* Terabytes that are reserved and hardly touched: no call may walk them page by page. */
static void reserves(void)
{
    const size_t size = 40UL << 40;
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    char *memory = mmap(NULL, size, PROT_NONE, flags, -1, 0);
    unsigned char byte;
    if (memory == MAP_FAILED)
        exit(1);
    mprotect(memory + size / 2, 4096, PROT_READ | PROT_WRITE);
    memory[size / 2] = 'x';
    mincore(memory + size / 2, 4096, &byte);
    if (fork() == 0)
        _exit(0);
    wait(NULL);
    mprotect(memory, size, PROT_READ | PROT_WRITE);
    madvise(memory, size / 4, MADV_DONTNEED);
    mlock2(memory, size, MLOCK_ONFAULT);
    munlock(memory, size);
    msync(memory, size, MS_ASYNC);
    char *moved = mremap(memory, size, size + 4096, MREMAP_MAYMOVE);
    if (moved == MAP_FAILED)
        exit(2);
    printf("%c\n", moved[size / 2]);
    int fd = open("/proc/self/smaps", O_RDONLY);
    char text[4096];
    while (read(fd, text, sizeof text) > 0)
        ;
    munmap(moved, size + 4096);
    exit(0);
}

static void reads_a_sparse_file(void)
{
    int fd = open("/tmp/file", O_RDWR | O_CREAT, 0600), out = open("/dev/null", O_WRONLY);
    char *small = mmap((char *)(1L << 40), 4096, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(small + 4096, 4096);
    ftruncate(fd, 1L << 50);
    ssize_t got = pread(fd, small, 1L << 31, 0);
    ssize_t zeros = read(open("/dev/zero", O_RDONLY), small, 1L << 31);
    ssize_t chance = read(open("/dev/urandom", O_RDONLY), small, 1L << 31);
    printf("%zd %zd %zd %ld\n", got, zeros, chance, (long)lseek(fd, 0, SEEK_DATA));
    (void)out;
    exit(0);
}

#define PROGRAM(name) {#name, name}

static const struct {
    const char *name;
    void (*run)(void);
} programs[] = {
    PROGRAM(loop),
    PROGRAM(loop_with_all_blocked),
    PROGRAM(system_calls),
    PROGRAM(forks),
    PROGRAM(forks_and_waits),
    PROGRAM(forks_in_a_chain),
    PROGRAM(threads),
    PROGRAM(threads_that_end),
    PROGRAM(allocates),
    PROGRAM(allocates_in_a_child),
    PROGRAM(fills_a_file),
    PROGRAM(makes_files),
    PROGRAM(makes_directories),
    PROGRAM(prints),
    PROGRAM(prints_much_at_once),
    PROGRAM(fills_a_pipe),
    PROGRAM(recurses),
    PROGRAM(opens),
    PROGRAM(sleeps),
    PROGRAM(sleeps_as_long_as_can_be),
    PROGRAM(pauses),
    PROGRAM(deadlocks),
    PROGRAM(reads_its_own_pipe),
    PROGRAM(stops_itself),
    PROGRAM(executes_itself),
    PROGRAM(faults_again_and_again),
    PROGRAM(signals_itself),
    PROGRAM(nests_handlers),
    PROGRAM(fires_timers),
    PROGRAM(maps),
    PROGRAM(reserves),
    PROGRAM(reads_a_sparse_file),
};

int main(int argc, char **argv)
{
    self = argv[0];
    setvbuf(stdout, NULL, _IONBF, 0);
    write(1, "before\n", 7);
    for (size_t i = 0; argc > 1 && i < sizeof programs / sizeof *programs; i++)
        if (strcmp(programs[i].name, argv[1]) == 0)
            programs[i].run();
    return 99;
}
