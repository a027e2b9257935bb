/* Contract: F_SETLKW waits until the lock is free, EDEADLK tells who would close a circle of waits,
 * EINTR who is interrupted; locks are not inherited and go with the process.
 * fcntl(2); fs/locks.c:posix_locks_deadlock(). */
#include "../contract.h"

static int fd;

static int lock(int command, int type, long start)
{
    struct flock request = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = 1};
    return fcntl(fd, command, &request);
}

static void on_alarm(int number)
{
    (void)number;
}

/* A child that locks byte `own` and then waits for byte `other`. */
static pid_t start(long own, long other)
{
    int ready[2];
    char byte;
    expect(pipe(ready) == 0, "pipe");
    pid_t pid = fork();
    if (pid == 0) {
        expect(lock(F_SETLK, F_WRLCK, own) == 0, "own byte");
        expect(write(ready[1], "", 1) == 1, "tell");
        int result = lock(F_SETLKW, F_WRLCK, other);
        _exit(result == 0 ? 0 : errno);
    }
    expect(read(ready[0], &byte, 1) == 1, "ready");
    close(ready[0]);
    close(ready[1]);
    wait_for_state(pid, 'S');
    return pid;
}

static void ended(const char *name, pid_t pid)
{
    int status;
    expect(waitpid(pid, &status, 0) == pid, "waitpid");
    step(name, "%s", WIFEXITED(status) ? errno_name(WEXITSTATUS(status)) : "killed");
}

int main(void)
{
    fd = open("file", O_RDWR | O_CREAT, 0600);
    struct sigaction action = {.sa_handler = on_alarm};
    expect(sigaction(SIGALRM, &action, NULL) == 0, "sigaction");
    step_result("byte 0", lock(F_SETLK, F_WRLCK, 0));
    pid_t one = start(1, 0);
    expect_errno(lock(F_SETLK, F_WRLCK, 1), EAGAIN, "not waiting is no deadlock");
    expect_errno(lock(F_SETLKW, F_WRLCK, 1), EDEADLK, "a circle of two");
    pid_t two = start(2, 1);
    expect_errno(lock(F_SETLKW, F_WRLCK, 2), EDEADLK, "a circle of three");
    expect_errno(lock(F_SETLKW, F_RDLCK, 2), EDEADLK, "reading, too");
    step_result("free byte 0", lock(F_SETLK, F_UNLCK, 0));
    ended("the first went on", one);
    ended("and, ending, let the second go on", two);
    step_result("no circle any more", lock(F_SETLKW, F_WRLCK, 2));
    step_result("byte 0", lock(F_SETLK, F_WRLCK, 0));
    one = start(1, 0);
    kill(one, SIGALRM);
    ended("a signal ends the wait", one);
    one = start(1, 0);
    kill(one, SIGKILL);
    ended("SIGKILL, too", one);
    step_result("its lock is gone", lock(F_SETLK, F_WRLCK, 1));
    one = fork();
    if (one == 0) {
        expect_errno(lock(F_SETLK, F_WRLCK, 0), EAGAIN, "a child inherits no lock");
        close(fd);
        _exit(0);
    }
    wait_for_success(one);
    one = fork();
    if (one == 0)
        _exit(lock(F_SETLK, F_WRLCK, 0) == -1 ? errno : 0);
    ended("a child's close does not drop the parent's", one);
    contract_pass();
}
