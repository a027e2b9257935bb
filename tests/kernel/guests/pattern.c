/* One guest leaves a pattern wherever it can ("leave"), another looks for it ("look").
 *
 * The registers at entry are seen by `bare`, which runs instead of _start if the test makes
 * it the program's entry point. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORD 0x5ec2e75ec2e75ec2UL

uint64_t entry_registers[128];

#ifdef __x86_64__
__asm__(".globl bare\n"
        "bare:\n"
        "  mov %rax, entry_registers+0(%rip)\n  mov %rbx, entry_registers+8(%rip)\n"
        "  mov %rcx, entry_registers+16(%rip)\n  mov %rdx, entry_registers+24(%rip)\n"
        "  mov %rsi, entry_registers+32(%rip)\n  mov %rdi, entry_registers+40(%rip)\n"
        "  mov %rbp, entry_registers+48(%rip)\n  mov %r8, entry_registers+56(%rip)\n"
        "  mov %r9, entry_registers+64(%rip)\n  mov %r10, entry_registers+72(%rip)\n"
        "  mov %r11, entry_registers+80(%rip)\n  mov %r12, entry_registers+88(%rip)\n"
        "  mov %r13, entry_registers+96(%rip)\n  mov %r14, entry_registers+104(%rip)\n"
        "  mov %r15, entry_registers+112(%rip)\n"
        "  fnstenv entry_registers+128(%rip)\n  stmxcsr entry_registers+160(%rip)\n"
        "  fxsave entry_registers+256(%rip)\n"
        "  jmp show_registers\n");
#else
__asm__(".globl bare\n"
        "bare:\n"
        "  mov x30, x30\n"
        "  sub sp, sp, #1024\n"
        "  stp x0, x1, [sp]\n  stp x2, x3, [sp, #16]\n  stp x4, x5, [sp, #32]\n"
        "  stp x6, x7, [sp, #48]\n  stp x8, x9, [sp, #64]\n  stp x10, x11, [sp, #80]\n"
        "  stp x12, x13, [sp, #96]\n  stp x14, x15, [sp, #112]\n  stp x16, x17, [sp, #128]\n"
        "  stp x18, x19, [sp, #144]\n  stp x20, x21, [sp, #160]\n  stp x22, x23, [sp, #176]\n"
        "  stp x24, x25, [sp, #192]\n  stp x26, x27, [sp, #208]\n  stp x28, x29, [sp, #224]\n"
        "  str x30, [sp, #240]\n  mrs x0, tpidr_el0\n  str x0, [sp, #248]\n"
        "  mrs x0, fpsr\n  str x0, [sp, #256]\n  mrs x0, fpcr\n  str x0, [sp, #264]\n"
        "  mrs x0, nzcv\n  str x0, [sp, #272]\n"
        "  add x1, sp, #288\n"
        "  stp q0, q1, [x1], #32\n  stp q2, q3, [x1], #32\n  stp q4, q5, [x1], #32\n"
        "  stp q6, q7, [x1], #32\n  stp q8, q9, [x1], #32\n  stp q10, q11, [x1], #32\n"
        "  stp q12, q13, [x1], #32\n  stp q14, q15, [x1], #32\n  stp q16, q17, [x1], #32\n"
        "  stp q18, q19, [x1], #32\n  stp q20, q21, [x1], #32\n  stp q22, q23, [x1], #32\n"
        "  stp q24, q25, [x1], #32\n  stp q26, q27, [x1], #32\n  stp q28, q29, [x1], #32\n"
        "  stp q30, q31, [x1], #32\n"
        "  mov x0, sp\n"
        "  adrp x1, entry_registers\n  add x1, x1, :lo12:entry_registers\n"
        "  mov x2, #100\n"
        "1: ldr x3, [x0], #8\n  str x3, [x1], #8\n  subs x2, x2, #1\n  b.ne 1b\n"
        "  b show_registers\n");
#endif

/* Runs before the C library is set up: system calls only. */
static long call3(long number, long a, long b, long c)
{
#ifdef __x86_64__
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
#else
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b, x2 __asm__("x2") = c;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
#endif
}

__attribute__((used, noreturn)) void show_registers(void)
{
    call3(SYS_write, 1, (long)entry_registers, sizeof entry_registers);
    for (;;)
        call3(SYS_exit_group, 0, 0, 0);
}

static void fill(void *memory, size_t size)
{
    for (size_t i = 0; i < size / 8; i++)
        ((uint64_t *)memory)[i] = WORD;
}

static long count(const void *memory, size_t size)
{
    long found = 0;
    for (size_t i = 0; i < size / 8; i++)
        found += ((const uint64_t *)memory)[i] != 0;
    return found;
}

/* A megabyte from the raw call: musl has no sbrk(). */
static void *grow_heap(void)
{
    char *end = (char *)(((uintptr_t)syscall(SYS_brk, 0) + 4095) & ~4095UL);
    syscall(SYS_brk, end + (1 << 20));
    return end;
}

static void __attribute__((noinline)) fill_stack(void)
{
    volatile uint64_t frame[1 << 17];
    fill((void *)frame, sizeof frame);
}

/* What lies below the stack that is in use. */
static long __attribute__((noinline)) count_stack(void)
{
    char here;
    long found = 0;
    uint64_t *at = (uint64_t *)((uintptr_t)&here & ~4095UL) - (1 << 16);
    for (int i = 0; i < 1 << 15; i++)
        found += at[i] == WORD;
    return found;
}

static void fill_registers_and_exit(void)
{
#ifdef __x86_64__
    static uint64_t words[2] = {WORD, WORD};
    uint32_t control = 0x7f80;
    syscall(SYS_arch_prctl, 0x1001, WORD & 0x7fffffffffff);
    __asm__ volatile("ldmxcsr %0\n fldpi\n fldpi\n fldl2e\n" ::"m"(control));
    __asm__ volatile("movups (%0), %%xmm0\n movaps %%xmm0, %%xmm1\n movaps %%xmm0, %%xmm2\n"
                     "movaps %%xmm0, %%xmm7\n movaps %%xmm0, %%xmm8\n movaps %%xmm0, %%xmm15\n"
                     "mov (%0), %%r8\n mov %%r8, %%r9\n mov %%r8, %%r10\n mov %%r8, %%r12\n"
                     "mov %%r8, %%r13\n mov %%r8, %%r14\n mov %%r8, %%r15\n mov %%r8, %%rbx\n"
                     "std\n xor %%edi, %%edi\n mov %1, %%eax\n syscall"
                     ::"r"(words), "i"(SYS_exit_group) : "memory");
#else
    __asm__ volatile("mov x9, %0\n msr tpidr_el0, x9\n msr fpcr, %1\n"
                     "dup v0.2d, x9\n mov v1.16b, v0.16b\n mov v8.16b, v0.16b\n"
                     "mov v15.16b, v0.16b\n mov v16.16b, v0.16b\n mov v31.16b, v0.16b\n"
                     "mov x10, x9\n mov x18, x9\n mov x19, x9\n mov x28, x9\n mov x30, x9\n"
                     "mov x29, x9\n cmp x9, x9\n mov x0, #0\n mov x8, %2\n svc #0"
                     ::"r"(WORD), "r"(0x3000000L), "i"(SYS_exit_group) : "memory", "x0", "x8", "x9");
#endif
}

static void leave(const char *self)
{
    const int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
    size_t size = 24 << 20;
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, anonymous, -1, 0);
    fill(memory, size);
    fill(grow_heap(), 1 << 20);
    fill_stack();
    char *code = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE | PROT_EXEC, anonymous, -1, 0);
    fill(code, 1 << 16);
    char *shared = mmap(NULL, 1 << 20, 3, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    fill(shared, 1 << 20);
    const char *places[] = {"/tmp/left", "/etc/left", "/dev/shm/left", "/left", "/var/tmp/left"};
    for (int i = 0; i < 5; i++) {
        int fd = open(places[i], O_RDWR | O_CREAT, 0666);
        if (fd >= 0)
            write(fd, memory, 1 << 18);
    }
    mkdir("/tmp/directory", 0700);
    sethostname("changed", 7);
    struct timespec later = {.tv_sec = 4000000000};
    clock_settime(CLOCK_REALTIME, &later);
    for (int i = 0; i < 3; i++)
        if (fork() == 0) {
            fill(memory, 1 << 16);
            pause();
        }
    for (int i = 0; i < 10; i++)
        if (fork() == 0)
            _exit(0);
        else
            wait(NULL);

    /* The program file and data that the host gave: pages that machines share. */
    int fd = open("/data", O_RDWR);
    pwrite(fd, memory, 8192, 4096);
    char *mapped = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    fill(mapped, 4096);
    char *private = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    fill(private, 16384);
    ftruncate(fd, 20000);
    ftruncate(fd, 40000);
    uintptr_t text = (uintptr_t)fill & ~4095UL;
    mprotect((void *)text, 8192, PROT_READ | PROT_WRITE | PROT_EXEC);
    volatile char *byte = (volatile char *)(uintptr_t)show_registers;
    *byte ^= 0xff;
    int own = open("/proc/self/mem", O_RDWR);
    pwrite(own, memory, 16, (off_t)(uintptr_t)show_registers);
    printf("own program: %s\n", open(self, O_WRONLY) < 0 ? strerror(errno) : "written");
    printf("own program: %s\n", truncate(self, 0) < 0 ? strerror(errno) : "truncated");
    unlink("/other");
    int other = open("/other", O_WRONLY | O_CREAT, 0777);
    write(other, memory, 65536);
    unlink(self);
    fflush(stdout);
    fill_registers_and_exit();
}

static void list(const char *path)
{
    struct dirent **names;
    int found = scandir(path, &names, NULL, alphasort);
    printf("%s:", path);
    for (int i = 0; i < found; i++)
        if (names[i]->d_name[0] != '.')
            printf(" %s", names[i]->d_name);
    printf("\n");
}

static void look(void)
{
    const int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
    size_t size = 26 << 20;
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, anonymous, -1, 0);
    char *shared = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct timespec time;
    char host[65];
    printf("stack %ld\n", count_stack());
    printf("brk %ld\n", count(grow_heap(), 1 << 20));
    printf("mmap %ld\n", count(memory, size));
    printf("shared %ld\n", count(shared, 1 << 20));
    int fd = open("/tmp/new", O_RDWR | O_CREAT, 0600);
    ftruncate(fd, 1 << 20);
    printf("file %ld\n", count(mmap(NULL, 1 << 20, PROT_READ, MAP_SHARED, fd, 0), 1 << 20));
    list("/");
    list("/tmp");
    list("/etc");
    list("/proc/self/fd");
    gethostname(host, sizeof host);
    printf("pid %d host %s", getpid(), host);
    clock_gettime(CLOCK_REALTIME, &time);
    printf(" realtime %ld.%09ld", (long)time.tv_sec, time.tv_nsec);
    clock_gettime(CLOCK_MONOTONIC, &time);
    printf(" monotonic %ld.%09ld\n", (long)time.tv_sec, time.tv_nsec);
    fd = open("/proc/meminfo", O_RDONLY);
    printf("%.*s\n", (int)read(fd, memory, 4096), memory);
    fflush(stdout);
    fd = open("/data", O_RDONLY);
    for (ssize_t got; (got = read(fd, memory, 4096)) > 0;)
        write(1, memory, got);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "leave") == 0)
        leave(argv[0]);
    else
        look();
    return 0;
}
