/* Contract: modes that are locked by TIOCSLCKTRMIOS stay as they are when others are set, bit by
 * bit for flags and whole for characters; both ends of a pseudo-terminal mean the slave's. Without
 * privilege they can be looked at only.
 * Requires: root, CAP_SYS_ADMIN
 * TIOCSLCKTRMIOS(2const); drivers/tty/tty_ioctl.c:unset_locked_termios(). */
#include "../contract.h"
#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>

static int master, slave;

static void show(const char *when)
{
    struct termios modes;
    expect(tcgetattr(slave, &modes) == 0, "tcgetattr");
    step(when, "echo %d, canonical %d, icrnl %d, onlcr %d, interrupt %#x, erase %#x",
         !!(modes.c_lflag & ECHO), !!(modes.c_lflag & ICANON), !!(modes.c_iflag & ICRNL),
         !!(modes.c_oflag & ONLCR), modes.c_cc[VINTR], modes.c_cc[VERASE]);
}

static void change(int end)
{
    struct termios modes;
    expect(tcgetattr(end, &modes) == 0, "tcgetattr");
    modes.c_lflag ^= ECHO | ICANON;
    modes.c_iflag ^= ICRNL;
    modes.c_oflag ^= ONLCR;
    modes.c_cc[VINTR]++;
    modes.c_cc[VERASE]++;
    step_result("tcsetattr", ioctl(end, TCSETS, &modes));
}

int main(void)
{
    struct termios locked;
    int unlock = 0;
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    expect(master >= 0 && ioctl(master, TIOCSPTLCK, &unlock) == 0, "master");
    slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
    expect(slave >= 0, "slave");
    memset(&locked, 0x55, sizeof locked);
    step_result("locks", ioctl(slave, TIOCGLCKTRMIOS, &locked));
    step("none", "%x %x %x %x %d %d", locked.c_iflag, locked.c_oflag, locked.c_cflag,
         locked.c_lflag, locked.c_line, locked.c_cc[VINTR]);
    show("before");
    change(slave);
    show("nothing locked");
    locked.c_lflag = ECHO;
    locked.c_oflag = ONLCR;
    locked.c_cc[VERASE] = 1;
    step_result("lock", ioctl(slave, TIOCSLCKTRMIOS, &locked));
    change(slave);
    show("three are locked");
    change(master);
    show("from the master");
    step_result("locks from the master", ioctl(master, TIOCGLCKTRMIOS, &locked));
    step("they are", "%x %x %x %x %d %d", locked.c_iflag, locked.c_oflag, locked.c_cflag,
         locked.c_lflag, locked.c_cc[VINTR], locked.c_cc[VERASE]);
    memset(&locked, 0, sizeof locked);
    step_result("unlock", ioctl(master, TIOCSLCKTRMIOS, &locked));
    change(slave);
    show("nothing locked");
    expect_errno(ioctl(slave, TIOCSLCKTRMIOS, NULL), EFAULT, "lock nowhere");
    expect_errno(ioctl(slave, TIOCGLCKTRMIOS, NULL), EFAULT, "locks nowhere");
    expect(seteuid(65534) == 0, "seteuid");
    expect_errno(ioctl(slave, TIOCSLCKTRMIOS, &locked), EPERM, "lock without privilege");
    step_result("locks without privilege", ioctl(slave, TIOCGLCKTRMIOS, &locked));
    contract_pass();
}
