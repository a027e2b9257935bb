/* Contract: FUTEX_CMP_REQUEUE wakes some and lets others wait on another word, if the first still
 * holds the value. FUTEX_WAKE_OP changes a word and wakes by what it held.
 * Source: futex(2); kernel/futex/requeue.c, waitwake.c:futex_wake_op(). */
#include "threads.h"

/* What FUTEX_WAKE_OP does to the second word, and what it then compares the old value with. */
enum { SET, ADD, OR, ANDN, XOR, SHIFT = 8 };
enum { EQ, NE, LT, LE, GT, GE };

static unsigned int encode(int operation, int argument, int comparison, int against)
{
    return (operation & 15u) << 28 | (comparison & 15u) << 24 | (argument & 0xfffu) << 12
           | (against & 0xfffu);
}

static unsigned int from = 1, to = 2;

static long wake_op(unsigned int encoded)
{
    return futex(&from, FUTEX_WAKE_OP, 10, (void *)10, &to, encoded);
}

static void operation(const char *name, unsigned int start, unsigned int encoded)
{
    to = start;
    long woken = wake_op(encoded);
    if (woken < 0)
        step(name, "%s, the word is %d", errno_name(errno), (int)to);
    else
        step(name, "%ld, the word is %d", woken, (int)to);
}

int main(void)
{
    struct sleeper one, two, three, four;
    expect_errno(futex(&from, FUTEX_CMP_REQUEUE, 1, (void *)1, &to, 7), EAGAIN, "another value");
    expect_errno(futex(&from, FUTEX_REQUEUE, -1, (void *)1, &to, 0), EINVAL, "wake fewer than none");
    expect_errno(futex(&from, FUTEX_REQUEUE, 1, (void *)-1, &to, 0), EINVAL, "move fewer than none");
    expect_errno(futex(&from, FUTEX_REQUEUE, 1, (void *)1, (void *)2, 0), EINVAL, "not aligned");
    step_result("nobody", futex(&from, FUTEX_REQUEUE, 1, (void *)1, &to, 0));
    sleep_on(&one, &from, FUTEX_WAIT, 1, 0);
    sleep_on(&two, &from, FUTEX_WAIT, 1, 0);
    sleep_on(&three, &from, FUTEX_WAIT, 1, 0);
    sleep_on(&four, &from, FUTEX_WAIT, 1, 0);
    step_result("wake one, move two", futex(&from, FUTEX_CMP_REQUEUE, 1, (void *)2, &to, 1));
    step_end("first", &one);
    step_result("left on the first word", futex(&from, FUTEX_WAKE, 10, NULL, NULL, 0));
    step_end("fourth", &four);
    step_result("wake none, move none", futex(&to, FUTEX_REQUEUE, 0, (void *)0, &from, 0));
    step_result("one of the moved", futex(&to, FUTEX_WAKE, 1, NULL, NULL, 0));
    step_end("second", &two);
    step_result("move it to itself", futex(&to, FUTEX_REQUEUE, 0, (void *)5, &to, 0));
    step_result("the other", futex(&to, FUTEX_WAKE, 10, NULL, NULL, 0));
    step_end("third", &three);

    operation("set", 3, encode(SET, 100, EQ, 3));
    operation("add", 3, encode(ADD, -5, NE, 3));
    operation("or", 3, encode(OR, 8, LT, 3));
    operation("and not", 7, encode(ANDN, 2, LE, 3));
    operation("xor", 7, encode(XOR, 5, GT, 3));
    operation("shift", 1, encode(SHIFT | OR, 10, GE, 3));
    operation("no such operation", 1, encode(7, 1, EQ, 3));
    operation("no such comparison", 1, encode(ADD, 1, 9, 3));
    sleep_on(&one, &from, FUTEX_WAIT, 1, 0);
    to = 6;
    sleep_on(&two, &to, FUTEX_WAIT, 6, 0);
    operation("the condition fails", 6, encode(ADD, 0, LT, -6));
    step_end("first word", &one);
    sleep_on(&one, &from, FUTEX_WAIT, 1, 0);
    operation("the condition holds", 6, encode(ADD, 0, GT, -6));
    step_end("first word", &one);
    step_end("second word", &two);
    contract_pass();
}
