/* Contract: the group ids follow the same rules as the user ids, without a part of root's own;
 * setgroups replaces the list, getgroups of size 0 counts it.
 * Requires: root
 * Source: setresgid(2), getgroups(2), kernel/groups.c:getgroups. */
#include "../contract.h"
#include <grp.h>
#include <sys/wait.h>

static void show(const char *name, long result)
{
    int error = errno;
    unsigned real, effective, saved;
    expect(syscall(SYS_getresgid, &real, &effective, &saved) == 0, "getresgid");
    step(name, "%s: %u %u %u", result == -1 ? errno_name(error) : "0", real, effective, saved);
}

#define RUN(name, ...) show(name, syscall(__VA_ARGS__))

int main(void)
{
    unsigned groups[3] = {300, 100, 200}, seen[4] = {9, 9, 9, 9};
    step_result("setgroups", syscall(SYS_setgroups, 3, groups));
    step_result("getgroups 0", syscall(SYS_getgroups, 0, NULL));
    expect_errno(syscall(SYS_getgroups, 2, seen), EINVAL, "getgroups 2");
    step_result("getgroups 4", syscall(SYS_getgroups, 4, seen));
    step("groups", "%u %u %u %u", seen[0], seen[1], seen[2], seen[3]);
    expect_errno(syscall(SYS_setgroups, 65537, groups), EINVAL, "setgroups 65537");
    expect_errno(syscall(SYS_getgroups, -1, seen), EINVAL, "getgroups -1");

    RUN("setresgid 10 20 30", SYS_setresgid, 10, 20, 30);
    RUN("setregid 40 -", SYS_setregid, 40, -1);
    RUN("setgid 50", SYS_setgid, 50);
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        expect(syscall(SYS_setresgid, 1, 2, 3) == 0, "setresgid");
        expect(syscall(SYS_setresuid, 65534, 65534, 65534) == 0, "setresuid");
        RUN("user: setgid 3", SYS_setgid, 3);
        RUN("user: setgid 4", SYS_setgid, 4);
        RUN("user: setresgid 3 1 2", SYS_setresgid, 3, 1, 2);
        RUN("user: setresgid 3 1 1", SYS_setresgid, 3, 1, 1);
        RUN("user: setgid of a supplementary group", SYS_setgid, 100);
        expect_errno(syscall(SYS_setgroups, 0, NULL), EPERM, "user: setgroups");
        step_result("user: getgroups", syscall(SYS_getgroups, 4, seen));
        _exit(0);
    }
    wait_for_success(child);
    contract_pass();
}
