/* Contract: futex_waitv sleeps while all words hold their values and tells which was woken.
 * Requires: Linux 6.12
 * Source: kernel/futex/syscalls.c:futex_waitv(), waitwake.c:futex_wait_multiple(). */
#include "threads.h"
#include <stdint.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

struct item { uint64_t value, address; uint32_t flags, reserved; };
enum { U32 = 2, PRIVATE = 128 };

static unsigned int words[3] = {10, 11, 12};
static struct item items[130];
static volatile pid_t tid;

static long waitv(unsigned int count, unsigned int flags, const struct timespec *end, int clock)
{
    return syscall(SYS_futex_waitv, items, count, flags, end, clock);
}

static void reset(void)
{
    for (int at = 0; at < 130; at++)
        items[at] = (struct item){words[at % 3], (uintptr_t)&words[at % 3], U32 | PRIVATE, 0};
}

static void *waits(void *unused)
{
    (void)unused;
    tid = own_tid();
    long woken = waitv(3, 0, NULL, 0);
    step("woken", "%ld", woken);
    return NULL;
}

static void wake(int which, int operation)
{
    pthread_t thread;
    tid = 0;
    expect(pthread_create(&thread, NULL, waits, NULL) == 0, "pthread_create");
    wait_for_thread(&tid);
    long count = futex(&words[which], operation, 10, NULL, NULL, 0);
    expect(pthread_join(thread, NULL) == 0, "pthread_join");
    step("who woke", "%ld", count);
}

int main(void)
{
    struct timespec past = {1, 0}, bad = {0, -1};
    reset();
    expect_errno(waitv(0, 0, NULL, 0), EINVAL, "none");
    expect_errno(waitv(129, 0, NULL, 0), EINVAL, "too many");
    expect_errno(waitv(3, 1, NULL, 0), EINVAL, "a flag");
    expect_errno(syscall(SYS_futex_waitv, NULL, 1, 0, NULL, 0), EINVAL, "no words");
    expect_errno(syscall(SYS_futex_waitv, (void *)8, 1, 0, NULL, 0), EFAULT, "words nowhere");
    expect_errno(waitv(128, 0, &past, CLOCK_MONOTONIC), ETIMEDOUT, "128, long ago");
    expect_errno(waitv(3, 0, &past, CLOCK_REALTIME), ETIMEDOUT, "by the wall clock");
    expect_errno(waitv(3, 0, &past, CLOCK_BOOTTIME), EINVAL, "by another clock");
    expect_errno(waitv(3, 0, &bad, CLOCK_MONOTONIC), EINVAL, "no such time");
    items[1].value++;
    expect_errno(waitv(3, 0, NULL, 0), EAGAIN, "another value");
    items[1].value = 1ull << 32;
    expect_errno(waitv(3, 0, NULL, 0), EINVAL, "a value too big");
    reset(), items[1].flags = 1;
    expect_errno(waitv(3, 0, NULL, 0), EINVAL, "16 bits");
    reset(), items[1].flags = U32 | 0x40;
    expect_errno(waitv(3, 0, NULL, 0), EINVAL, "no such flag");
    reset(), items[1].reserved = 1;
    expect_errno(waitv(3, 0, NULL, 0), EINVAL, "reserved");
    reset(), items[1].address += 2;
    expect_errno(waitv(3, 0, NULL, 0), EINVAL, "not aligned");
    reset(), items[2].address = 4096;
    expect_errno(waitv(3, 0, NULL, 0), EFAULT, "not mapped");
    reset();
    wake(0, FUTEX_WAKE_PRIVATE);
    wake(2, FUTEX_WAKE_PRIVATE);
    items[1].flags = U32;
    wake(1, FUTEX_WAKE);
    contract_pass();
}
