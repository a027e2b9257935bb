/* Contract: opening or truncating a file against a lease signals its holder and waits until the lease
 * is given back or downgraded; O_NONBLOCK is EAGAIN and breaks it, too; meanwhile F_GETLEASE tells
 * what is left to do.
 * Requires: tmpfs
 * fcntl(2) "Leases"; fs/locks.c:__break_lease(). */
#include "../contract.h"
#include <sys/stat.h>
#include <time.h>

static sigset_t set;

static void arrived(const char *name, int fd)
{
    siginfo_t info;
    struct timespec none = {0, 0};
    char text[128] = "";
    while (sigtimedwait(&set, &info, &none) > 0)
        sprintf(text + strlen(text), " %s%s", info.si_signo == SIGIO ? "SIGIO" : "SIGUSR1",
                info.si_code == SI_KERNEL ? "" : info.si_fd == fd && info.si_code == POLL_MSG
                ? " with its descriptor" : " with something else");
    step(name, "%s", *text ? text + 1 : "nothing");
}

static const char *kind(int lease)
{
    return lease == F_RDLCK ? "read" : lease == F_WRLCK ? "write" : "none";
}

static pid_t opens(int flags)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(open("file", flags) < 0 ? errno : 0);
    return pid;
}

int main(void)
{
    sigemptyset(&set);
    sigaddset(&set, SIGIO);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    close(open("file", O_RDWR | O_CREAT, 0600));
    int fd = open("file", O_RDONLY);
    expect(fd >= 0 && fcntl(fd, F_SETLEASE, F_WRLCK) == 0, "lease");
    expect_errno(open("file", O_RDONLY | O_NONBLOCK), EAGAIN, "non-blocking open for reading");
    arrived("the holder hears", fd);
    step("left to do", "%s", kind(fcntl(fd, F_GETLEASE)));
    pid_t pid = opens(O_RDONLY);
    wait_for_state(pid, 'S');
    arrived("but once", fd);
    step_result("downgrade", fcntl(fd, F_SETLEASE, F_RDLCK));
    wait_for_success(pid);
    step("lease", "%s", kind(fcntl(fd, F_GETLEASE)));
    close(fd);

    fd = open("file", O_RDONLY);
    expect(fcntl(fd, F_SETLEASE, F_RDLCK) == 0 && fcntl(fd, F_SETSIG, SIGUSR1) == 0, "lease");
    pid = opens(O_RDONLY);
    wait_for_success(pid);
    arrived("reading does not break a read lease", fd);
    pid = opens(O_WRONLY);
    wait_for_state(pid, 'S');
    arrived("writing does", fd);
    step("left to do", "%s", kind(fcntl(fd, F_GETLEASE)));
    expect_errno(fcntl(fd, F_SETLEASE, F_RDLCK), EAGAIN, "it cannot be taken again");
    step_result("given back", fcntl(fd, F_SETLEASE, F_UNLCK));
    wait_for_success(pid);

    expect(fcntl(fd, F_SETLEASE, F_RDLCK) == 0, "lease");
    pid = fork();
    if (pid == 0)
        _exit(close(fd) || truncate("file", 5));
    wait_for_state(pid, 'S');
    arrived("truncate breaks it", fd);
    close(fd);
    wait_for_success(pid);

    fd = open("file", O_RDONLY);
    expect(fcntl(fd, F_SETLEASE, F_RDLCK) == 0, "lease");
    expect(access("file", R_OK) == 0 && chmod("file", 0644) == 0, "chmod");
    int place = open("file", O_PATH);
    expect(place >= 0, "O_PATH");
    arrived("chmod and O_PATH do not", fd);
    expect_errno(open("file", O_WRONLY | O_NONBLOCK), EAGAIN, "non-blocking open for writing");
    arrived("SIGIO, as F_SETSIG was for the closed one", fd);
    expect_errno(open("file", O_WRONLY | O_NONBLOCK), EAGAIN, "again");
    step_result("an upgrade while breaking", fcntl(fd, F_SETLEASE, F_WRLCK));
    step("left to do", "%s", kind(fcntl(fd, F_GETLEASE)));
    contract_pass();
}
