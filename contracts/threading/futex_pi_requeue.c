/* Contract: FUTEX_CMP_REQUEUE_PI gives the lock to the first of those who wait for it on another
 * word, and lets others wait for it; both sides must name the same lock.
 * Source: futex(2) FUTEX_WAIT_REQUEUE_PI; kernel/futex/requeue.c. */
#include "threads.h"

static unsigned int condition = 1, lock, other;

static long requeue(int wake, long move, unsigned int *target, unsigned int value)
{
    return futex(&condition, FUTEX_CMP_REQUEUE_PI, wake, (void *)move, target, value);
}

static void *waits(void *argument)
{
    struct sleeper *self = argument;
    sleeper_body(self);
    if (self->result == 0 && (lock & FUTEX_TID_MASK) != (unsigned int)self->tid)
        contract_fail("waiter", "does not own the lock");
    if (self->result == 0 && lock != (unsigned int)self->tid)
        futex(&lock, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
    else if (self->result == 0)
        lock = 0;
    return NULL;
}

static void start(struct sleeper *self, const struct timespec *timeout)
{
    *self = (struct sleeper){.word = &condition, .second = &lock, .value = 1, .timeout = timeout,
                             .operation = FUTEX_WAIT_REQUEUE_PI, .third = FUTEX_BITSET_MATCH_ANY};
    expect(pthread_create(&self->thread, NULL, waits, self) == 0, "pthread_create");
    if (timeout == NULL)
        wait_for_thread(&self->tid);
}

static long wait_for_lock(unsigned int value, unsigned int *target)
{
    return futex(&condition, FUTEX_WAIT_REQUEUE_PI, value, NULL, target, 0);
}

int main(void)
{
    struct timespec past = {1, 0};
    struct sleeper one, two, three;
    expect_errno(wait_for_lock(7, &lock), EAGAIN, "another value");
    expect_errno(wait_for_lock(1, &condition), EINVAL, "the same word");
    expect_errno(requeue(1, 1, &lock, 7), EAGAIN, "another value");
    expect_errno(requeue(1, 1, &condition, 1), EINVAL, "the same word");
    expect_errno(requeue(2, 1, &lock, 1), EINVAL, "wake two");
    expect_errno(requeue(1, -1, &lock, 1), EINVAL, "move fewer than none");
    step_result("nobody", requeue(1, 5, &lock, 1));
    start(&one, &past);
    step_end("no time to wait", &one);

    start(&one, NULL);
    expect_errno(futex(&condition, FUTEX_WAKE, 1, NULL, NULL, 0), EINVAL, "a plain wake");
    expect_errno(futex(&condition, FUTEX_REQUEUE, 1, (void *)1, &other, 0), EINVAL, "a plain requeue");
    expect_errno(requeue(1, 1, &other, 1), EINVAL, "another lock");
    step_result("the lock is free", requeue(1, 5, &lock, 1));
    step_end("has it", &one);

    step_result("lock", futex(&lock, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
    start(&one, NULL);
    start(&two, NULL);
    start(&three, NULL);
    step_result("the lock is taken", requeue(1, 1, &lock, 1));
    step("waiters", "%d", !!(lock & FUTEX_WAITERS));
    step_result("unlock", futex(&lock, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
    step_end("the first", &one);
    step_end("the second", &two);
    step_result("the last", requeue(1, 2147483647, &lock, 1));
    step_end("the third", &three);
    sleep_on(&one, &condition, FUTEX_WAIT, 1, 0);
    expect_errno(requeue(1, 1, &lock, 1), EINVAL, "one waits plainly");
    step_result("plain wake", futex(&condition, FUTEX_WAKE, 1, NULL, NULL, 0));
    step_end("it", &one);
    contract_pass();
}
