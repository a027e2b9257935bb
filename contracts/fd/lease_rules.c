/* Contract: F_SETLEASE grants a read lease on a file that nobody has open for writing, a write lease
 * on one that nobody else has open; owners and CAP_LEASE only; regular files only.
 * Requires: root, tmpfs
 * fcntl(2) "Leases"; fs/locks.c:generic_add_lease(), check_conflicting_open(). */
#include "../contract.h"

static void leases(const char *name, int fd)
{
    int lease = fcntl(fd, F_GETLEASE);
    step(name, "%s", lease == F_RDLCK ? "read" : lease == F_WRLCK ? "write" :
         lease == F_UNLCK ? "none" : errno_name(errno));
}

int main(void)
{
    int ends[2], writing = open("file", O_RDWR | O_CREAT, 0666);
    leases("at first", writing);
    expect_errno(fcntl(writing, F_SETLEASE, F_RDLCK), EAGAIN, "read lease, oneself writes");
    step_result("write lease", fcntl(writing, F_SETLEASE, F_WRLCK));
    leases("now", writing);
    leases("of its copy", dup(writing));
    expect_errno(fcntl(writing, F_SETLEASE, F_RDLCK), EAGAIN, "to a read lease");
    step_result("again", fcntl(writing, F_SETLEASE, F_WRLCK));
    step_result("given back", fcntl(writing, F_SETLEASE, F_UNLCK));
    leases("now", writing);
    expect_errno(fcntl(writing, F_SETLEASE, F_UNLCK), EAGAIN, "given back twice");
    expect_errno(fcntl(writing, F_SETLEASE, 9), EINVAL, "an unknown type");
    int reading = open("file", O_RDONLY);
    expect_errno(fcntl(reading, F_SETLEASE, F_RDLCK), EAGAIN, "read lease, another writes");
    expect_errno(fcntl(writing, F_SETLEASE, F_WRLCK), EAGAIN, "write lease, another reads");
    for (int fd = 3; fd < 20; fd++)
        if (fd != reading)
            close(fd);
    step_result("read lease", fcntl(reading, F_SETLEASE, F_RDLCK));
    int second = open("file", O_RDONLY);
    step_result("a second", fcntl(second, F_SETLEASE, F_RDLCK));
    leases("first", reading);
    expect_errno(fcntl(second, F_SETLEASE, F_WRLCK), EAGAIN, "write lease beside a reader");
    close(second);
    step_result("write lease of a reader", fcntl(reading, F_SETLEASE, F_WRLCK));
    step_result("and back", fcntl(reading, F_SETLEASE, F_RDLCK));
    pid_t pid = fork();
    if (pid == 0) {
        leases("a child has it", reading);
        close(reading);
        _exit(0);
    }
    wait_for_success(pid);
    leases("and closing there does not drop it", reading);
    close(reading);
    reading = open("file", O_RDONLY);
    leases("closed", reading);
    expect_errno(fcntl(open("file", O_PATH), F_SETLEASE, F_RDLCK), EBADF, "O_PATH");
    expect_errno(fcntl(open(".", O_RDONLY), F_SETLEASE, F_WRLCK), EINVAL, "write, a directory");
    expect(pipe(ends) == 0, "pipe");
    expect_errno(fcntl(ends[0], F_SETLEASE, F_RDLCK), EINVAL, "a pipe");
    leases("of a pipe", ends[0]);
    expect(setresuid(65534, 65534, 65534) == 0, "setresuid");
    expect_errno(fcntl(reading, F_SETLEASE, F_RDLCK), EACCES, "another's file");
    contract_pass();
}
