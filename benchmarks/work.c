/* The workloads of the benchmark: `work NAME COUNT [TASKS]`. One static binary, so that every
 * contestant runs the same instructions. Prints a checksum, so that nothing is optimised away. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "work.h"

static char **environment;

static uint64_t work_syscall(long count)
{
    uint64_t sum = 0;
    for (long i = 0; i < count; i++)
        sum += syscall(SYS_getpid) > 0;
    return sum;
}

static uint64_t work_integer(long count)
{
    uint32_t value = 1;
    for (long i = 0; i < count; i++) {
        value = value * 1103515245u + 12345u;
        if (value & 0x10000)
            value ^= (uint32_t)i;
    }
    return value;
}

static uint64_t work_float(long count)
{
    double value = 1.0, sum = 0.0;
    for (long i = 1; i <= count; i++) {
        value = value * 1.0000001 + 0.5 / (double)i;
        sum += value;
    }
    return (uint64_t)sum;
}

static uint64_t work_sieve(long count)
{
    enum { SIZE = 1 << 16 };
    static unsigned char composite[SIZE];
    uint64_t primes = 0;
    for (long round = 0; round < count; round++) {
        memset(composite, 0, sizeof composite);
        for (unsigned i = 2; i < SIZE; i++)
            if (!composite[i]) {
                primes++;
                for (unsigned j = i * 2; j < SIZE; j += i)
                    composite[j] = 1;
            }
    }
    return primes;
}

static uint64_t work_memcpy(long count)
{
    enum { SIZE = 1 << 16 };
    static char from[SIZE], to[SIZE];
    for (long i = 0; i < count; i++) {
        from[i % SIZE] = (char)i;
        memcpy(to, from, SIZE);
    }
    return (uint64_t)to[7];
}

static uint64_t fibonacci(unsigned n)
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static uint64_t work_recursion(long count)
{
    uint64_t sum = 0;
    for (long i = 0; i < count; i++)
        sum += fibonacci(20);
    return sum;
}

static uint64_t work_fork(long count)
{
    uint64_t sum = 0;
    for (long i = 0; i < count; i++) {
        int status;
        pid_t child = fork();
        if (child == 0)
            _exit(7);
        waitpid(child, &status, 0);
        sum += WEXITSTATUS(status);
    }
    return sum;
}

static uint64_t work_exec(long count)
{
    uint64_t sum = 0;
    for (long i = 0; i < count; i++) {
        char *arguments[] = {"work", "none", "0", NULL};
        int status;
        pid_t child = fork();
        if (child == 0) {
            execve("/proc/self/exe", arguments, environment);
            _exit(1);
        }
        waitpid(child, &status, 0);
        sum += status == 0;
    }
    return sum;
}

static uint64_t work_faults(long count)
{
    enum { PAGE = 4096, PAGES = 64 };
    for (long i = 0; i < count; i++) {
        char *area = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        for (int page = 0; page < PAGES; page++)
            area[page * PAGE] = 1;
        munmap(area, PAGES * PAGE);
    }
    return 0;
}

static uint64_t work_pipe(long count)
{
    int ends[2];
    char byte = 'x';
    uint64_t sum = 0;
    if (pipe(ends))
        return 0;
    for (long i = 0; i < count; i++)
        sum += write(ends[1], &byte, 1) + read(ends[0], &byte, 1);
    return sum;
}

enum { SMALL = 4096, LARGE = 1 << 16 };

/* Transfers all of a block, as often as it takes. */
static uint64_t send_block(int fd, const char *block, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = write(fd, block + done, size - done);
        if (got <= 0)
            exit(1);
        done += (size_t)got;
    }
    return size;
}

static uint64_t receive_block(int fd, char *block, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = read(fd, block + done, size - done);
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    return done;
}

/* A child that sends back what it gets, until the end of it. */
static pid_t start_echo(int in, int out, int close_first, int close_second)
{
    static char block[SMALL];
    pid_t child = fork();
    if (child)
        return child;
    close(close_first);
    close(close_second);
    while (receive_block(in, block, SMALL) == SMALL)
        send_block(out, block, SMALL);
    _exit(0);
}

static uint64_t work_pingpong(long count)
{
    static char block[SMALL];
    int there[2], back[2];
    uint64_t sum = 0;
    if (pipe(there) || pipe(back))
        exit(1);
    pid_t child = start_echo(there[0], back[1], there[1], back[0]);
    for (long i = 0; i < count; i++) {
        send_block(there[1], block, SMALL);
        sum += receive_block(back[0], block, SMALL);
    }
    close(there[1]);
    waitpid(child, NULL, 0);
    return sum;
}

static uint64_t work_echo(long count)
{
    static char block[SMALL];
    int ends[2];
    uint64_t sum = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
        exit(1);
    pid_t child = start_echo(ends[1], ends[1], ends[0], -1);
    close(ends[1]);
    for (long i = 0; i < count; i++) {
        send_block(ends[0], block, SMALL);
        sum += receive_block(ends[0], block, SMALL);
    }
    close(ends[0]);
    waitpid(child, NULL, 0);
    return sum;
}

/* A private directory to work in, left empty and removed by leave_directory(). */
static char directory[] = "/tmp/kevlar-work-XXXXXX";

static void enter_directory(void)
{
    if (!mkdtemp(directory) || chdir(directory))
        exit(1);
}

static void leave_directory(void)
{
    if (chdir("/") || rmdir(directory))
        exit(1);
}

static uint64_t work_file(long count)
{
    static char block[LARGE];
    uint64_t sum = 0;
    enter_directory();
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    for (long i = 0; i < count; i++) {
        block[i % LARGE] = (char)i;
        sum += (uint64_t)pwrite(fd, block, LARGE, 0);
        sum += (uint64_t)pread(fd, block, LARGE, 0);
    }
    close(fd);
    unlink("file");
    leave_directory();
    return sum;
}

void allow_files(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* One event among `watched` descriptors, `count` times. */
static uint64_t wait_among(long watched, long count)
{
    struct epoll_event event = {.events = EPOLLIN}, ready;
    int epoll = epoll_create1(0), ends[2];
    uint64_t sum = 0;
    char byte = 'x';
    allow_files();
    if (pipe(ends))
        exit(1);
    for (long i = 0; i < watched; i++) {
        int fd = dup(ends[0]);
        event.data.fd = fd;
        if (i == watched - 1 && (pipe(ends) || dup2(ends[0], fd) < 0))
            exit(1);
        if (fd < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
            exit(1);
    }
    for (long i = 0; i < count; i++) {
        sum += (uint64_t)write(ends[1], &byte, 1);
        sum += (uint64_t)epoll_wait(epoll, &ready, 1, -1);
        sum += (uint64_t)read(ready.data.fd, &byte, 1);
    }
    return sum;
}

static uint64_t work_epoll100(long count)
{
    return wait_among(100, count);
}

static uint64_t work_epoll1000(long count)
{
    return wait_among(1000, count);
}

/* Looks at every file below the working directory, as find does. */
static uint64_t look(void)
{
    uint64_t found = 0;
    DIR *here = opendir(".");
    for (struct dirent *entry; (entry = readdir(here));) {
        struct stat status;
        if (entry->d_name[0] == '.' || lstat(entry->d_name, &status))
            continue;
        found++;
        if (S_ISDIR(status.st_mode) && !chdir(entry->d_name)) {
            found += look();
            if (chdir(".."))
                exit(1);
        }
    }
    closedir(here);
    return found;
}

/* Makes so many files, a hundred in a directory, finds them and removes them. */
static uint64_t work_find(long count)
{
    char name[32];
    uint64_t found;
    enter_directory();
    for (long i = 0; i < count; i++) {
        if (i % 100 == 0) {
            snprintf(name, sizeof name, "d%ld", i / 100);
            mkdir(name, 0700);
        }
        snprintf(name, sizeof name, "d%ld/f%ld", i / 100, i % 100);
        close(open(name, O_WRONLY | O_CREAT, 0600));
    }
    found = look();
    for (long i = 0; i < count; i++) {
        snprintf(name, sizeof name, "d%ld/f%ld", i / 100, i % 100);
        unlink(name);
        if (i % 100 == 99 || i == count - 1) {
            snprintf(name, sizeof name, "d%ld", i / 100);
            rmdir(name);
        }
    }
    leave_directory();
    return found;
}

static uint64_t work_walk(long count)
{
    enum { DEPTH = 8 };
    char path[2 * DEPTH + 1] = "";
    struct stat status;
    uint64_t sum = 0;
    enter_directory();
    for (int i = 0; i < DEPTH; i++) {
        strcat(path, i ? "/d" : "d");
        mkdir(path, 0700);
    }
    for (long i = 0; i < count; i++)
        sum += stat(path, &status) == 0;
    for (size_t end = strlen(path); end; end = end > 1 ? end - 2 : 0) {
        path[end] = 0;
        rmdir(path);
    }
    leave_directory();
    return sum;
}

static void ignore(int number)
{
    (void)number;
}

static uint64_t work_signal(long count)
{
    pid_t self = getpid();
    signal(SIGUSR1, ignore);
    for (long i = 0; i < count; i++)
        kill(self, SIGUSR1);
    return (uint64_t)count;
}

static uint64_t work_none(long count)
{
    return (uint64_t)count;
}

static const struct {
    const char *name;
    uint64_t (*run)(long count);
} alone[] = {
    {"none", work_none},           {"syscall", work_syscall},   {"integer", work_integer},
    {"float", work_float},         {"sieve", work_sieve},       {"memcpy", work_memcpy},
    {"recursion", work_recursion}, {"fork", work_fork},         {"exec", work_exec},
    {"faults", work_faults},       {"pipe", work_pipe},         {"pingpong", work_pingpong},
    {"echo", work_echo},           {"file", work_file},         {"epoll100", work_epoll100},
    {"epoll1000", work_epoll1000}, {"find", work_find},         {"walk", work_walk},
    {"signal", work_signal},
};

static const struct {
    const char *name;
    uint64_t (*run)(long count, long tasks);
} among[] = {
    {"futex", work_futex}, {"thread", work_thread}, {"ring", work_ring},         {"relay", work_relay},
    {"crowd", work_crowd}, {"timers", work_timers}, {"timerfds", work_timerfds},
};

enum { NUMBER_ALONE = sizeof alone / sizeof *alone, NUMBER_AMONG = sizeof among / sizeof *among };

static void print_sum(uint64_t sum)
{
    printf("%llu\n", (unsigned long long)sum);
}

int main(int argc, char **argv, char **envp)
{
    environment = envp;
    for (int i = 0; argc == 3 && i < NUMBER_ALONE; i++)
        if (!strcmp(argv[1], alone[i].name)) {
            print_sum(alone[i].run(atol(argv[2])));
            return 0;
        }
    for (int i = 0; argc == 4 && i < NUMBER_AMONG; i++)
        if (!strcmp(argv[1], among[i].name)) {
            print_sum(among[i].run(atol(argv[2]), atol(argv[3])));
            return 0;
        }
    return 2;
}
