/* Contract: FUTEX_WAIT sleeps only while the word holds the value; FUTEX_WAKE counts whom it wakes,
 * in the order in which they came, one at least. Bit sets must have a bit in common. Bad
 * operations, addresses and clocks are refused.
 * Source: futex(2); kernel/futex/syscalls.c:do_futex(), waitwake.c. */
#include "threads.h"

static unsigned int word = 5, unused[4];

int main(void)
{
    struct timespec past = {1, 0}, bad = {0, 1000000000}, brief = {0, 1000000};
    expect_errno(futex(&word, FUTEX_WAIT, 4, NULL, NULL, 0), EAGAIN, "another value");
    expect_errno(futex(&word, FUTEX_WAIT, 5, &brief, NULL, 0), ETIMEDOUT, "a millisecond");
    expect_errno(futex(&word, FUTEX_WAIT, 5, &bad, NULL, 0), EINVAL, "no such time");
    expect_errno(futex(&word, FUTEX_WAIT, 4, &bad, NULL, 0), EINVAL, "the time is looked at first");
    expect_errno(futex(&word, FUTEX_WAIT, 5, (void *)8, NULL, 0), EFAULT, "time nowhere");
    expect_errno(futex(&word, FUTEX_WAIT_BITSET, 5, &past, NULL, 1), ETIMEDOUT, "long ago");
    expect_errno(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 5, &past, NULL, 1),
                 ETIMEDOUT, "long ago by the wall clock");
    expect_errno(futex(&word, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 5, &past, NULL, 1), ENOSYS,
                 "FUTEX_WAIT has one clock");
    expect_errno(futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0), ENOSYS,
                 "FUTEX_WAKE has none");
    expect_errno(futex(&word, FUTEX_WAIT_BITSET, 5, NULL, NULL, 0), EINVAL, "wait for no bit");
    expect_errno(futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0), EINVAL, "wake no bit");
    expect_errno(futex((unsigned int *)((char *)unused + 2), FUTEX_WAKE, 1, NULL, NULL, 0), EINVAL,
                 "not aligned");
    expect_errno(futex((void *)4096, FUTEX_WAKE, 1, NULL, NULL, 0), EFAULT, "not mapped");
    step_result("not mapped, private", futex((void *)4096, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
    expect_errno(futex((void *)4096, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0), EFAULT, "wait there");
    expect_errno(futex((void *)-4096, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0), EFAULT, "the kernel's");
    expect_errno(futex(&word, FUTEX_FD, 1, NULL, NULL, 0), ENOSYS, "FUTEX_FD");
    expect_errno(futex(&word, 99, 1, NULL, NULL, 0), ENOSYS, "no such operation");
    expect_errno(futex(&word, FUTEX_WAKE | 0x200, 1, NULL, NULL, 0), ENOSYS, "no such flag");
    step_result("nobody", futex(&word, FUTEX_WAKE, 100, NULL, NULL, 0));

    struct sleeper one, two, three, four;
    sleep_on(&one, &word, FUTEX_WAIT, 5, 0);
    sleep_on(&two, &word, FUTEX_WAIT_BITSET, 5, 6);
    sleep_on(&three, &word, FUTEX_WAIT, 5, 0);
    sleep_on(&four, &word, FUTEX_WAIT_PRIVATE, 5, 0);
    step_result("bit 8", futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 8));
    step_end("the first, whose bits are all", &one);
    step_result("bit 8 for all", futex(&word, FUTEX_WAKE_BITSET, 100, NULL, NULL, 8));
    step_end("the third", &three);
    step_result("bits 3", futex(&word, FUTEX_WAKE_BITSET, 100, NULL, NULL, 3));
    step_end("the second", &two);
    step_result("the private one sleeps elsewhere", futex(&word, FUTEX_WAKE, 100, NULL, NULL, 0));
    step_result("there", futex(&word, FUTEX_WAKE_PRIVATE, 0, NULL, NULL, 0));
    step_end("none is one", &four);
    sleep_on(&one, &word, FUTEX_WAIT, 5, 0);
    sleep_on(&two, &word, FUTEX_WAIT, 5, 0);
    step_result("a negative count", futex(&word, FUTEX_WAKE, -7, NULL, NULL, 0));
    step_end("the first", &one);
    step_result("the rest", futex(&word, FUTEX_WAKE, 2147483647, NULL, NULL, 0));
    step_end("the second", &two);
    contract_pass();
}
