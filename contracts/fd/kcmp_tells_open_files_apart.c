/* Contract: kcmp(KCMP_FILE) is 0 for descriptors of one open file, in one process or two; other
 * things that tasks share are compared likewise; errors for bad types, descriptors and tasks.
 * Requires: root
 * kcmp(2); kernel/kcmp.c. */
#include "../contract.h"
#include <linux/kcmp.h>
#include <sched.h>

static void compare(const char *name, pid_t one, pid_t two, int type, long a, long b)
{
    long result = syscall(SYS_kcmp, one, two, type, a, b);
    if (result > 0)
        step(name, "different");
    else
        step_result(name, result);
}

static int sharing(void *argument)
{
    pid_t me = getpid(), parent = getppid();
    (void)argument;
    compare("shared memory", me, parent, KCMP_VM, 0, 0);
    compare("shared table", me, parent, KCMP_FILES, 0, 0);
    compare("own fs", me, parent, KCMP_FS, 0, 0);
    compare("own handlers", me, parent, KCMP_SIGHAND, 0, 0);
    return 0;
}

int main(void)
{
    pid_t me = getpid();
    int fd = open("file", O_RDWR | O_CREAT, 0600), copy = dup(fd), other = open("file", O_RDWR);
    compare("itself", me, me, KCMP_FILE, fd, fd);
    compare("a copy", me, me, KCMP_FILE, fd, copy);
    compare("another open", me, me, KCMP_FILE, fd, other);
    long one = syscall(SYS_kcmp, me, me, KCMP_FILE, fd, other);
    long two = syscall(SYS_kcmp, me, me, KCMP_FILE, other, fd);
    step("there is an order", "%ld", one + two);
    expect_errno(syscall(SYS_kcmp, me, me, KCMP_FILE, fd, 99), EBADF, "not open");
    expect_errno(syscall(SYS_kcmp, me, me, KCMP_FILE, -1, fd), EBADF, "-1");
    expect_errno(syscall(SYS_kcmp, me, me, 99, fd, fd), EINVAL, "an unknown type");
    expect_errno(syscall(SYS_kcmp, me, 0x3fffffff, KCMP_FILE, fd, fd), ESRCH, "no such task");
    expect_errno(syscall(SYS_kcmp, 0, me, KCMP_FILE, fd, fd), ESRCH, "0 is no task");
    compare("own memory", me, me, KCMP_VM, 0, 0);
    compare("own table", me, me, KCMP_FILES, 0, 0);
    compare("own fs", me, me, KCMP_FS, 0, 0);
    compare("own handlers", me, me, KCMP_SIGHAND, 0, 0);
    compare("own io context", me, me, KCMP_IO, 0, 0);
    compare("own semaphore undos", me, me, KCMP_SYSVSEM, 0, 0);
    pid_t pid = fork();
    if (pid == 0) {
        compare("inherited file", getpid(), me, KCMP_FILE, fd, copy);
        compare("other file", getpid(), me, KCMP_FILE, fd, other);
        compare("forked memory", getpid(), me, KCMP_VM, 0, 0);
        compare("forked table", getpid(), me, KCMP_FILES, 0, 0);
        compare("forked fs", getpid(), me, KCMP_FS, 0, 0);
        _exit(0);
    }
    wait_for_success(pid);
    static char stack[65536] __attribute__((aligned(16)));
    pid = clone(sharing, stack + sizeof stack, CLONE_FILES | CLONE_VM | SIGCHLD, NULL);
    wait_for_success(pid);
    pid = fork();
    if (pid == 0) {
        expect(setresuid(65534, 65534, 65534) == 0, "setresuid");
        expect_errno(syscall(SYS_kcmp, me, getpid(), KCMP_FILE, 0, 0), EPERM, "another user's");
        _exit(0);
    }
    wait_for_success(pid);
    contract_pass();
}
