/* Contract: setitimer refuses kinds and microseconds that make no sense and changes nothing then;
 * a NULL new value disarms; the old value is written after the new one is set; an interval
 * alone arms nothing.
 * Source: setitimer(2), kernel/time/itimer.c:do_setitimer. */
#include "../contract.h"
#include <sys/time.h>

static long set(int kind, long sec, long usec, long every, struct itimerval *old)
{
    struct itimerval value = {{every, 0}, {sec, usec}};
    return syscall(SYS_setitimer, kind, &value, old);
}

static void show(const char *name, int kind)
{
    struct itimerval now;
    expect(syscall(SYS_getitimer, kind, &now) == 0, "getitimer");
    step(name, "%s, every %ld s", now.it_value.tv_sec >= 900 ? "armed"
         : now.it_value.tv_sec || now.it_value.tv_usec ? "nearly over" : "off",
         (long)now.it_interval.tv_sec);
}

int main(void)
{
    struct itimerval old;
    expect_errno(set(3, 1, 0, 0, NULL), EINVAL, "kind 3");
    expect_errno(set(-1, 1, 0, 0, NULL), EINVAL, "kind -1");
    expect_errno(syscall(SYS_getitimer, 3, &old), EINVAL, "getitimer, kind 3");
    expect_errno(syscall(SYS_getitimer, ITIMER_REAL, (void *)8), EFAULT, "getitimer, bad pointer");
    for (int kind = 0; kind < 3; kind++) {
        step("kind", "%d", kind);
        step_result("1000 s", set(kind, 1000, 0, 7, NULL));
        expect_errno(set(kind, 0, 1000000, 0, NULL), EINVAL, "a million microseconds");
        expect_errno(set(kind, 0, -1, 0, NULL), EINVAL, "-1 microseconds");
        expect_errno(set(kind, -1, 0, 0, NULL), EINVAL, "-1 s");
        expect_errno(set(kind, 5, 0, -1, NULL), EINVAL, "every -1 s");
        expect_errno(syscall(SYS_setitimer, kind, (void *)8, NULL), EFAULT, "bad new");
        show("unchanged", kind);
        expect_errno(set(kind, 2000, 0, 9, (void *)8), EFAULT, "bad old");
        show("changed all the same", kind);
        step_result("interval alone", set(kind, 0, 0, 11, &old));
        step("old", "every %ld s", (long)old.it_interval.tv_sec);
        show("off", kind);
        step_result("1000 s", set(kind, 1000, 0, 0, NULL));
        step_result("NULL", syscall(SYS_setitimer, kind, NULL, &old));
        step("old", "%s", old.it_value.tv_sec >= 900 ? "armed" : "off");
        show("off", kind);
    }
    contract_pass();
}
