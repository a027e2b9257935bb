/* Contract: in a new session /dev/tty cannot be opened (ENXIO); opening a terminal without
 * O_NOCTTY, as session leader, makes it the controlling one, and then /dev/tty is that
 * terminal. TIOCNOTTY gives it up again.
 * Source: tty(4), credentials(7); drivers/tty/tty_io.c:tty_open_current_tty. */
#include "../contract.h"
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

static int session(void)
{
    signal(SIGHUP, SIG_IGN);
    step("setsid", "%s", setsid() == getpid() ? "own pid" : "something else");
    expect_errno(open("/dev/tty", O_RDWR), ENXIO, "/dev/tty in a new session");
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    expect(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0, "posix_openpt");
    char *name = ptsname(master), text[32] = "";
    int slave = open(name, O_RDWR | O_NOCTTY);
    expect(slave >= 0, "open of the slave");
    expect_errno(open("/dev/tty", O_RDWR), ENXIO, "/dev/tty after O_NOCTTY");
    expect_errno(tcgetpgrp(slave), ENOTTY, "tcgetpgrp before");
    close(slave);
    slave = open(name, O_RDWR);
    int tty = open("/dev/tty", O_RDWR);
    step("/dev/tty after an open without O_NOCTTY", "%s", tty >= 0 ? "opens" : "fails");
    step("isatty", "%d", isatty(tty));
    step("tcgetsid", "%s", tcgetsid(tty) == getpid() ? "own pid" : "something else");
    step("tcgetpgrp", "%s", tcgetpgrp(tty) == getpgrp() ? "own group" : "something else");
    step_result("write to /dev/tty", write(tty, "to the terminal", 15));
    for (long used = 0, got; used < 15; used += got)
        expect((got = read(master, text + used, 15 - used)) > 0, "read from the master");
    step("text", "%s", text);
    step_result("TIOCNOTTY", ioctl(tty, TIOCNOTTY));
    expect_errno(open("/dev/tty", O_RDWR), ENXIO, "/dev/tty after TIOCNOTTY");
    return 0;
}

int main(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(session());
    int status;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("child exits", "%d", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    if (status)
        contract_fail("child", "it did not come to its end");
    contract_pass();
}
