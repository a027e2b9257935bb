/* Contract: open-file-description locks conflict between two opens of one process and with POSIX
 * locks, are shared by dup and fork, and go with the last descriptor; l_pid must be 0.
 * fcntl(2) "Open file description locks"; fs/locks.c. */
#include "../contract.h"
#include <sys/file.h>

static int lock(int fd, int command, int type, long start, long length)
{
    struct flock request = {.l_type = type, .l_whence = SEEK_SET, .l_start = start,
                            .l_len = length};
    return fcntl(fd, command, &request);
}

static void found(const char *name, int fd, int command)
{
    struct flock lock = {.l_type = F_WRLCK};
    expect(fcntl(fd, command, &lock) == 0, "F_GETLK");
    if (lock.l_type == F_UNLCK)
        step(name, "nothing");
    else
        step(name, "%s [%ld,+%ld) of %s", lock.l_type == F_RDLCK ? "read" : "write",
             (long)lock.l_start, (long)lock.l_len,
             lock.l_pid == -1 ? "an open file" : lock.l_pid == getpid() ? "this process" : "other");
}

int main(void)
{
    int first = open("file", O_RDWR | O_CREAT, 0600), copy = dup(first);
    int second = open("file", O_RDWR);
    step_result("first", lock(first, F_OFD_SETLK, F_WRLCK, 0, 10));
    step_result("its copy is the same owner", lock(copy, F_OFD_SETLK, F_WRLCK, 5, 10));
    expect_errno(lock(second, F_OFD_SETLK, F_RDLCK, 0, 1), EAGAIN, "second");
    found("second sees", second, F_OFD_GETLK);
    found("first sees", first, F_OFD_GETLK);
    expect_errno(lock(first, F_SETLK, F_WRLCK, 0, 1), EAGAIN, "a POSIX lock conflicts");
    found("F_GETLK sees", first, F_GETLK);
    step_result("POSIX lock elsewhere", lock(second, F_SETLK, F_WRLCK, 100, 1));
    expect_errno(lock(first, F_OFD_SETLK, F_RDLCK, 100, 1), EAGAIN, "it is in the way");
    step_result("flock does not mix", flock(second, LOCK_EX | LOCK_NB));
    struct flock with_pid = {.l_type = F_WRLCK, .l_pid = 1};
    expect_errno(fcntl(first, F_OFD_SETLK, &with_pid), EINVAL, "l_pid");
    expect_errno(fcntl(first, F_OFD_GETLK, &with_pid), EINVAL, "l_pid");
    expect_errno(lock(open("file", O_RDONLY), F_OFD_SETLK, F_WRLCK, 50, 1), EBADF, "read only");
    close(open("file", O_RDWR));
    found("closing another open dropped the POSIX lock only", second, F_OFD_GETLK);
    pid_t pid = fork();
    if (pid == 0) {
        expect(lock(first, F_OFD_SETLK, F_UNLCK, 0, 5) == 0, "the child shares it");
        expect(lock(second, F_OFD_SETLKW, F_RDLCK, 0, 15) == 0, "it waits for its parent");
        _exit(0);
    }
    wait_for_state(pid, 'S');
    found("what the child left", second, F_OFD_GETLK);
    step_result("free the rest", lock(copy, F_OFD_SETLK, F_UNLCK, 0, 0));
    wait_for_success(pid);
    found("the child's lock is the second's", first, F_OFD_GETLK);
    found("and not in its own way", second, F_OFD_GETLK);
    close(second);
    found("gone with the last descriptor", first, F_OFD_GETLK);
    contract_pass();
}
