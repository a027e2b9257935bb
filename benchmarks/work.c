/* The workloads of the benchmark: `work NAME COUNT`. One static binary, so that every
 * contestant runs the same instructions. Prints a checksum, so that nothing is optimised away. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

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

static uint64_t work_none(long count)
{
    return (uint64_t)count;
}

int main(int argc, char **argv, char **envp)
{
    static const struct {
        const char *name;
        uint64_t (*run)(long);
    } workloads[] = {
        {"none", work_none},     {"syscall", work_syscall},     {"integer", work_integer},
        {"float", work_float},   {"sieve", work_sieve},         {"memcpy", work_memcpy},
        {"recursion", work_recursion}, {"fork", work_fork},     {"exec", work_exec},
        {"faults", work_faults}, {"pipe", work_pipe},
    };
    environment = envp;
    if (argc != 3)
        return 2;
    for (unsigned i = 0; i < sizeof workloads / sizeof *workloads; i++)
        if (!strcmp(argv[1], workloads[i].name)) {
            printf("%llu\n", (unsigned long long)workloads[i].run(atol(argv[2])));
            return 0;
        }
    return 2;
}
