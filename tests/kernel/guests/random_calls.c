/* Makes the system calls of a table that comes on standard input, in forked children, so
 * that calls that exit, kill, block or break the process do not end the test.
 *
 * The input: the pool of memory that pointers lead to, then rows of a number and six
 * arguments. A line of output says how many rows have been made whenever a child ended. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POOL ((char *)0x20000000)
#define POOL_SIZE 0x8000
#define READ_ONLY ((char *)0x30000000)
#define NO_ACCESS ((char *)0x40000000)
#define PER_CHILD 25

struct row {
    uint64_t number, arguments[6];
};

/* At a place of its own, because a call may overwrite whatever the pool holds. */
static struct shared {
    volatile int next;
} *shared;
static struct row *rows;
static int count;

static long raw(uint64_t number, const uint64_t *a)
{
#ifdef __x86_64__
    register long r10 __asm__("r10") = a[3];
    register long r8 __asm__("r8") = a[4];
    register long r9 __asm__("r9") = a[5];
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
#else
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a[0];
    register long x1 __asm__("x1") = a[1];
    register long x2 __asm__("x2") = a[2];
    register long x3 __asm__("x3") = a[3];
    register long x4 __asm__("x4") = a[4];
    register long x5 __asm__("x5") = a[5];
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
#endif
}

static void fill(void *to, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = read(0, (char *)to + done, size - done);
        if (got <= 0)
            _exit(90);
        done += got;
    }
}

/* Descriptors 3 to 14: one of each kind. */
static void open_files(void)
{
    int pair[2];
    chdir("/tmp");
    open("file", O_RDWR | O_CREAT, 0666);
    write(3, POOL, 10000);
    pipe(pair);
    write(pair[1], "hello", 5);
    epoll_create1(0);
    eventfd(1, EFD_NONBLOCK);
    open("/", O_RDONLY | O_DIRECTORY);
    open("/proc/self/maps", O_RDONLY);
    open("/dev/zero", O_RDWR);
    open("/proc/self/mem", O_RDWR);
    memfd_create("memory", MFD_ALLOW_SEALING);
    open("/proc/self", O_PATH);
    open("/dev/ptmx", O_RDWR | O_NOCTTY);
}

static void child(void)
{
    int last = shared->next + PER_CHILD;
    long self = syscall(SYS_gettid);
    setsid();
    open_files();
    while (shared->next < count && shared->next < last) {
        struct row *row = &rows[shared->next];
        shared->next++;
        raw(row->number, row->arguments);
        if (syscall(SYS_gettid) != self) /* a call made another task: it is not to go on */
            syscall(SYS_exit, 0);
    }
    syscall(SYS_exit_group, 0);
}

static void wait_for(pid_t pid)
{
    static const struct timespec second = {.tv_sec = 1};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    for (int tries = 0; tries < 3; tries++) {
        sigtimedwait(&set, NULL, &second);
        if (waitpid(pid, NULL, WNOHANG | __WALL) == pid)
            return;
    }
    kill(pid, SIGKILL); /* it blocks, or is stopped */
    waitpid(pid, NULL, __WALL);
}

int main(void)
{
    const int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    mmap(POOL, POOL_SIZE, PROT_READ | PROT_WRITE, anonymous | MAP_FIXED, -1, 0);
    mmap(READ_ONLY, 4096, PROT_READ, anonymous | MAP_FIXED, -1, 0);
    mmap(NO_ACCESS, 4096, PROT_NONE, anonymous | MAP_FIXED, -1, 0);
    fill(POOL, POOL_SIZE);
    fill(&count, sizeof count);
    rows = malloc(count * sizeof *rows);
    fill(rows, count * sizeof *rows);
    while (shared->next < count) {
        pid_t pid = fork();
        if (pid == 0)
            child();
        if (pid < 0)
            return 91;
        wait_for(pid);
        dprintf(1, "%d\n", shared->next);
    }
    return 0;
}
