/* Contract: futex_wake, futex_wait and futex_requeue take size and privacy as flags, 64-bit values
 * that must fit, and wake none if none is asked for.
 * Requires: Linux 6.7
 * Source: include/uapi/linux/futex.h FUTEX2_*; kernel/futex/syscalls.c. */
#include "threads.h"
#include <stdint.h>

enum { NR_WAKE = 454, NR_WAIT, NR_REQUEUE, U32 = 2, PRIVATE = 128 };
struct item { uint64_t value, address; uint32_t flags, reserved; };

static unsigned int words[2] = {5, 6};
static volatile pid_t tid;

static long wake(uint64_t mask, int count, unsigned int flags)
{
    return syscall(NR_WAKE, &words[0], mask, count, flags);
}

static long wait_word(uint64_t value, uint64_t mask, unsigned int flags, void *end, int clock)
{
    return syscall(NR_WAIT, &words[0], value, mask, flags, end, clock);
}

static void *waits(void *unused)
{
    (void)unused;
    tid = own_tid();
    long result = wait_word(5, 6, U32 | PRIVATE, NULL, 0);
    if (result != 0)
        contract_fail("wait", "%ld %s", result, errno_name(errno));
    return NULL;
}

static void start(pthread_t *thread)
{
    tid = 0;
    expect(pthread_create(thread, NULL, waits, NULL) == 0, "pthread_create");
    wait_for_thread(&tid);
}

int main(void)
{
    struct timespec past = {1, 0};
    struct item items[2] = {{5, (uintptr_t)&words[0], U32 | PRIVATE, 0},
                            {0, (uintptr_t)&words[1], U32 | PRIVATE, 0}};
    pthread_t one, two;
    step_result("nobody", wake(1, 1, U32));
    expect_errno(wake(1, 1, 0), EINVAL, "8 bits");
    expect_errno(wake(1, 1, 3), EINVAL, "64 bits");
    expect_errno(wake(1, 1, U32 | 0x100), EINVAL, "no such flag");
    expect_errno(wake(0, 1, U32), EINVAL, "no mask");
    expect_errno(wake(1ull << 32, 1, U32), EINVAL, "a mask too big");
    expect_errno(wait_word(4, 1, U32, NULL, 0), EAGAIN, "another value");
    expect_errno(wait_word(1ull << 32, 1, U32, NULL, 0), EINVAL, "a value too big");
    expect_errno(wait_word(5, 0, U32, NULL, 0), EINVAL, "wait without mask");
    expect_errno(wait_word(5, 1, U32, &past, CLOCK_REALTIME), ETIMEDOUT, "long ago");
    expect_errno(wait_word(5, 1, U32, &past, CLOCK_MONOTONIC), ETIMEDOUT, "long ago");
    expect_errno(wait_word(5, 1, U32, &past, 99), EINVAL, "no such clock");
    start(&one);
    start(&two);
    step_result("none", wake(2, 0, U32 | PRIVATE));
    step_result("another bit", wake(1, 5, U32 | PRIVATE));
    step_result("shared", wake(2, 5, U32));
    step_result("one", wake(2, 1, U32 | PRIVATE));
    expect(pthread_join(one, NULL) == 0, "pthread_join");
    expect_errno(syscall(NR_REQUEUE, items, 1, 0, 1), EINVAL, "requeue with a flag");
    expect_errno(syscall(NR_REQUEUE, NULL, 0, 0, 1), EINVAL, "requeue nothing");
    expect_errno(syscall(NR_REQUEUE, items, 0, -1, 1), EINVAL, "requeue, wake fewer than none");
    items[0].value = 4;
    expect_errno(syscall(NR_REQUEUE, items, 0, 0, 1), EAGAIN, "requeue, another value");
    items[0].value = 5;
    step_result("requeue", syscall(NR_REQUEUE, items, 0, 0, 1));
    step_result("not here any more", wake(2, 5, U32 | PRIVATE));
    step_result("there", futex(&words[1], FUTEX_WAKE_PRIVATE, 5, NULL, NULL, 0));
    expect(pthread_join(two, NULL) == 0, "pthread_join");
    contract_pass();
}
