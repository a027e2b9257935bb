/* Contract: a background group that reads its terminal is stopped by SIGTTIN, one that
 * writes with TOSTOP or changes modes by SIGTTOU; in the foreground they go on where they
 * were. With SIGTTIN ignored or blocked the read is EIO, with SIGTTOU ignored it just writes.
 * tcsetpgrp takes groups of the session only. An orphaned group gets EIO instead.
 * Source: termios(3), tcsetpgrp(3); drivers/tty/tty_jobctrl.c:__tty_check_change(). */
#include "../contract.h"
#include <sys/ioctl.h>
#include <termios.h>

static int master, slave;

/* A child in a group of its own that runs `job`. */
static pid_t start(int (*job)(void))
{
    int go[2];
    expect(pipe(go) == 0, "pipe");
    pid_t child = fork();
    if (child == 0) {
        char byte;
        close(go[1]);
        expect(read(go[0], &byte, 1) == 0, "wait for the parent");
        _exit(job());
    }
    expect(child > 0 && setpgid(child, child) == 0, "setpgid");
    close(go[0]);
    close(go[1]);
    return child;
}

static void state(const char *name, pid_t child)
{
    int status;
    expect(waitpid(child, &status, WUNTRACED) == child, "waitpid");
    if (WIFSTOPPED(status))
        step(name, "stopped by %s", WSTOPSIG(status) == SIGTTIN ? "SIGTTIN" :
             WSTOPSIG(status) == SIGTTOU ? "SIGTTOU" : "another signal");
    else if (WIFEXITED(status))
        step(name, "exits with %s", errno_name(WEXITSTATUS(status)));
    else
        step(name, "dies");
}

static int reads(void)
{
    char text[16];
    return read(slave, text, sizeof text) == 3 ? 0 : errno;
}

static int reads_ignoring(void)
{
    signal(SIGTTIN, SIG_IGN);
    return reads();
}

static int reads_blocking(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTTIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return reads();
}

static int writes(void)
{
    return write(slave, "w", 1) == 1 ? 0 : errno;
}

static int writes_ignoring(void)
{
    signal(SIGTTOU, SIG_IGN);
    return writes();
}

static int changes(void)
{
    struct termios mode;
    return tcgetattr(slave, &mode) || tcsetattr(slave, TCSANOW, &mode) ? errno : 0;
}

static int takes_foreground(void)
{
    return tcsetpgrp(slave, getpgrp()) == 0 ? 0 : errno;
}

static void orphaned_attempts(int report)
{
    char text[16];
    int result[2];
    result[0] = read(slave, text, 1) == -1 ? errno : 0;
    result[1] = tcsetpgrp(slave, getpgrp()) == -1 ? errno : 0;
    expect(write(report, result, sizeof result) == sizeof result, "report");
}

/* The child of a child whose parent has ended: nobody could continue it. */
static void orphan(void)
{
    int report[2], ended[2], result[2];
    char byte;
    expect(pipe(report) == 0 && pipe(ended) == 0, "pipe");
    pid_t child = fork();
    if (child == 0) {
        setpgid(0, 0);
        if (fork() == 0) {
            close(ended[1]);
            expect(read(ended[0], &byte, 1) == 0, "wait for the parent's end");
            orphaned_attempts(report[1]);
            _exit(0);
        }
        _exit(0);
    }
    expect(waitpid(child, NULL, 0) == child, "waitpid");
    close(ended[0]);
    close(ended[1]);
    close(report[1]);
    expect(read(report[0], result, sizeof result) == sizeof result, "report");
    step("orphan reads", "%s", errno_name(result[0]));
    step("orphan takes the foreground", "%s", errno_name(result[1]));
    close(report[0]);
}

static int session(void)
{
    struct termios mode;
    pid_t job;
    signal(SIGHUP, SIG_IGN);
    setsid();
    master = posix_openpt(O_RDWR | O_NOCTTY);
    expect(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0, "posix_openpt");
    slave = open(ptsname(master), O_RDWR);
    expect(slave >= 0 && tcgetattr(slave, &mode) == 0, "open of the slave");

    job = start(reads);
    state("a reader", job);
    step("foreground", "%s", tcgetpgrp(slave) == getpgrp() ? "the leader" : "another");
    step_result("tcsetpgrp", tcsetpgrp(slave, job));
    step("foreground", "%s", tcgetpgrp(slave) == job ? "the job" : "another");
    expect(write(master, "ab\n", 3) == 3, "typing");
    kill(-job, SIGCONT);
    state("in the foreground", job);
    signal(SIGTTOU, SIG_IGN);
    step_result("tcsetpgrp back", tcsetpgrp(slave, getpgrp()));
    signal(SIGTTOU, SIG_DFL);

    state("SIGTTIN ignored", start(reads_ignoring));
    state("SIGTTIN blocked", start(reads_blocking));
    state("a writer", start(writes));
    mode.c_lflag |= TOSTOP;
    expect(tcsetattr(slave, TCSANOW, &mode) == 0, "tcsetattr");
    job = start(writes);
    state("a writer with TOSTOP", job);
    kill(job, SIGKILL);
    state("killed", job);
    state("SIGTTOU ignored", start(writes_ignoring));
    job = start(changes);
    state("tcsetattr", job);
    kill(job, SIGKILL);
    state("killed", job);
    job = start(takes_foreground);
    state("tcsetpgrp from the background", job);
    kill(job, SIGKILL);
    state("killed", job);
    expect_errno(tcsetpgrp(slave, getppid()), EPERM, "a group of another session");
    expect_errno(tcsetpgrp(slave, -1), EINVAL, "no group");
    orphan();
    return 0;
}

int main(void)
{
    int status;
    setpgid(0, 0);
    pid_t child = fork();
    if (child == 0)
        _exit(session());
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("child exits", "%d", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    if (status)
        contract_fail("child", "it did not come to its end");
    contract_pass();
}
