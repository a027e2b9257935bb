/* Contract: FUTEX_LOCK_PI puts the thread id into a free word and sleeps on one that is taken,
 * FUTEX_UNLOCK_PI hands it to the first waiter. The kernel knows whose it is: relocking is
 * EDEADLK, unlocking another's EPERM, an owner that does not exist ESRCH.
 * Source: futex(2) "Priority-inheritance futexes"; kernel/futex/pi.c. */
#include "threads.h"

static unsigned int word, other, plain;

static void step_word(const char *name, unsigned int value, pid_t owner)
{
    step(name, "%s%s%s", (value & FUTEX_TID_MASK) == 0 ? "free"
         : (value & FUTEX_TID_MASK) == (unsigned int)owner ? "owned" : "another's",
         value & FUTEX_WAITERS ? " waiters" : "", value & FUTEX_OWNER_DIED ? " died" : "");
}

static void *crossing(void *argument)
{
    volatile pid_t *tid = argument;
    if (futex(&other, FUTEX_LOCK_PI, 0, NULL, NULL, 0) != 0)
        contract_fail("crossing", "%s", errno_name(errno));
    *tid = own_tid();
    if (futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0) != 0)
        contract_fail("crossing", "%s", errno_name(errno));
    futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
    futex(&other, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
    return NULL;
}

static void *takes_and_dies(void *argument)
{
    (void)argument;
    if (futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0) != 0)
        contract_fail("lock", "%s", errno_name(errno));
    return NULL;
}

int main(void)
{
    struct timespec past = {1, 0}, bad = {0, -1};
    pid_t self = own_tid();
    step_result("lock a free one", futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
    step_word("word", word, self);
    expect_errno(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EDEADLK, "lock it again");
    expect_errno(futex(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), EDEADLK, "try it again");
    step_result("unlock", futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
    step_word("word", word, self);
    expect_errno(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), EPERM, "unlock it again");
    step_result("try a free one", futex(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
    expect_errno(futex(&word, FUTEX_LOCK_PI, 0, &bad, NULL, 0), EINVAL, "no such time");
    expect_errno(futex(&word, FUTEX_LOCK_PI | FUTEX_CLOCK_REALTIME, 0, &past, NULL, 0), ENOSYS,
                 "FUTEX_LOCK_PI has one clock");

    struct sleeper one, two, brief = {.word = &word, .operation = FUTEX_LOCK_PI, .timeout = &past};
    sleep_on(&one, &word, FUTEX_LOCK_PI, 0, 0);
    sleep_on(&two, &word, FUTEX_LOCK_PI2, 0, 0);
    step_word("two wait", word, self);
    expect_errno(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0), EINVAL, "a wake is not enough");
    expect(pthread_create(&brief.thread, NULL, sleeper_body, &brief) == 0, "pthread_create");
    step_end("no time to wait", &brief);
    brief.operation = FUTEX_TRYLOCK_PI;
    expect(pthread_create(&brief.thread, NULL, sleeper_body, &brief) == 0, "pthread_create");
    step_end("trying", &brief);
    brief.operation = FUTEX_UNLOCK_PI;
    expect(pthread_create(&brief.thread, NULL, sleeper_body, &brief) == 0, "pthread_create");
    step_end("unlocking another's", &brief);
    step_result("unlock", futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
    step_end("the first", &one);
    step_end("the second", &two);
    step_word("died with it", word, two.tid);

    word = 0x3ffffff0;
    expect_errno(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), ESRCH, "no such owner");
    step("word", "%x", word);
    expect_errno(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), EPERM, "not the owner");
    word = FUTEX_OWNER_DIED;
    step_result("its owner died", futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
    step_word("word", word, self);
    step_result("unlock", futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
    sleep_on(&one, &plain, FUTEX_WAIT, 0, 0);
    expect_errno(futex(&plain, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EINVAL, "somebody waits plainly");
    step("word", "%x", plain);
    futex(&plain, FUTEX_WAKE, 1, NULL, NULL, 0);
    step_end("it", &one);
    expect_errno(futex((void *)8, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EFAULT, "nowhere");

    pthread_t thread;
    volatile pid_t tid = 0;
    step_result("lock", futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
    expect(pthread_create(&thread, NULL, crossing, (void *)&tid) == 0, "pthread_create");
    wait_for_thread(&tid);
    while (!(*(volatile unsigned int *)&word & FUTEX_WAITERS))
        usleep(1000);
    usleep(20000);
    expect_errno(futex(&other, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EDEADLK, "each waits for the other");
    step_result("unlock", futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
    expect(pthread_join(thread, NULL) == 0, "pthread_join");
    step_word("word", word, 0);
    word = 0;
    expect(pthread_create(&thread, NULL, takes_and_dies, NULL) == 0, "pthread_create");
    expect(pthread_join(thread, NULL) == 0, "pthread_join");
    while (syscall(SYS_tgkill, getpid(), word & FUTEX_TID_MASK, 0) == 0)
        usleep(1000);
    expect_errno(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), ESRCH, "its owner is gone");
    contract_pass();
}
