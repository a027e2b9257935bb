/* Contract: when the master is closed the slave hangs up: reads are end of file, writes and
 * requests EIO, poll tells POLLHUP, the name is gone; a reader that slept gets EIO; the session
 * leader gets SIGHUP and SIGCONT and has no terminal any more. When a session leader ends,
 * the foreground group gets SIGHUP, and the terminal, still open, belongs to nobody.
 * Source: setsid(2), pty(7); drivers/tty/tty_io.c:__tty_hangup(), tty_jobctrl.c. */
#include "../contract.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

static int master, slave;
static char name[32];
static int gate[2]; /* closed when the leader has been waited for */

static void open_pair(void)
{
    master = posix_openpt(O_RDWR | O_NOCTTY);
    expect(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0, "posix_openpt");
    snprintf(name, sizeof name, "%s", ptsname(master));
    slave = open(name, O_RDWR | O_NOCTTY);
    expect(slave >= 0, "open of the slave");
}

static void events(const char *what, int fd)
{
    struct pollfd event = {.fd = fd, .events = POLLIN | POLLOUT};
    expect(poll(&event, 1, 0) >= 0, "poll");
    step(what, "%s%s%s%s", event.revents & POLLIN ? "IN " : "", event.revents & POLLOUT ? "OUT " : "",
         event.revents & POLLERR ? "ERR " : "", event.revents & POLLHUP ? "HUP" : "");
}

static void without_session(void)
{
    char text[16];
    int number;
    struct termios mode;
    open_pair();
    events("poll of the slave", slave);
    expect(write(slave, "last", 4) == 4, "write");
    close(slave);
    events("master, slave closed", master);
    step_result("it reads", read(master, text, sizeof text));
    expect_errno(read(master, text, sizeof text), EIO, "and then");
    events("master, all read", master);
    slave = open(name, O_RDWR | O_NOCTTY);
    expect(slave >= 0, "open of the slave again");
    events("master, slave open again", master);
    close(master);
    events("slave, master closed", slave);
    step_result("read", read(slave, text, sizeof text));
    expect_errno(write(slave, "x", 1), EIO, "write");
    expect_errno(tcgetattr(slave, &mode), EIO, "tcgetattr");
    expect_errno(ioctl(slave, FIONREAD, &number), EIO, "FIONREAD");
    expect_errno(tcsetpgrp(slave, getpgrp()), ENOTTY, "tcsetpgrp");
    expect_errno(open(name, O_RDWR | O_NOCTTY), ENOENT, "open by name");
    close(slave);
}

/* Wait until a process sleeps. */
static void asleep(pid_t pid)
{
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    do {
        usleep(1000);
        int fd = open(path, O_RDONLY);
        expect(fd >= 0 && read(fd, text, sizeof text - 1) > 0, "stat of the reader");
        close(fd);
    } while (!strstr(text, ") S "));
}

static int leader(int report)
{
    sigset_t set;
    char text[16];
    close(report);
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCONT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    setsid();
    open_pair();
    step_result("TIOCSCTTY", ioctl(slave, TIOCSCTTY, 0));
    pid_t child = fork();
    if (child == 0) {
        close(master);
        sigprocmask(SIG_UNBLOCK, &set, NULL);
        signal(SIGHUP, SIG_IGN);
        _exit(read(slave, text, sizeof text) == -1 ? errno : 0);
    }
    asleep(child);
    close(master);
    int status;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("sleeping reader exits with", "%s",
         WIFEXITED(status) ? errno_name(WEXITSTATUS(status)) : "a signal");
    sigset_t pending;
    sigpending(&pending);
    step("leader has", "SIGHUP %d SIGCONT %d", sigismember(&pending, SIGHUP),
         sigismember(&pending, SIGCONT));
    expect_errno(open("/dev/tty", O_RDWR), ENXIO, "/dev/tty");
    return 0;
}

static int ending_leader(int report)
{
    int ready[2];
    char byte;
    setsid();
    expect(ioctl(slave, TIOCSCTTY, 0) == 0 && pipe(ready) == 0, "TIOCSCTTY");
    if (fork() == 0) {
        sigset_t set;
        siginfo_t info;
        sigemptyset(&set);
        sigaddset(&set, SIGHUP);
        sigprocmask(SIG_BLOCK, &set, NULL);
        close(ready[0]);
        close(ready[1]);
        expect(sigwaitinfo(&set, &info) == SIGHUP, "sigwaitinfo");
        close(gate[1]);
        expect(read(gate[0], &byte, 1) == 0, "wait for the leader's parent");
        step("foreground process gets", "SIGHUP, code %s",
             info.si_code == SI_KERNEL ? "SI_KERNEL" : "another");
        expect_errno(tcgetpgrp(slave), ENOTTY, "tcgetpgrp");
        expect_errno(open("/dev/tty", O_RDWR), ENXIO, "/dev/tty");
        step_result("it can still write", write(slave, "x", 1));
        expect(write(report, "x", 1) == 1, "report");
        _exit(0);
    }
    close(ready[1]);
    expect(read(ready[0], &byte, 1) == 0, "wait for the child");
    return 0;
}

static void run(int (*session)(int))
{
    int report[2], status;
    char byte;
    expect(pipe(report) == 0 && pipe(gate) == 0, "pipe");
    pid_t child = fork();
    if (child == 0)
        _exit(session(report[1]));
    close(report[1]);
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("leader exits", "%d", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    close(gate[1]);
    step("report", "%ld", (long)read(report[0], &byte, 1));
    close(report[0]);
    close(gate[0]);
}

int main(void)
{
    signal(SIGHUP, SIG_DFL);
    without_session();
    run(leader);
    open_pair();
    run(ending_leader);
    contract_pass();
}
