/* Contract: each open of /dev/ptmx makes a pair; its other end is /dev/pts/N, locked (EIO) at
 * first. What the master writes is echoed and given to the slave by lines, carriage return
 * read as newline, erase honoured; the slave's newline becomes CR NL. When the slave is
 * closed the master reads EIO.
 * Source: pty(7), termios(3); drivers/tty/pty.c, n_tty.c. */
#include "../contract.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

/* Read until `wanted` bytes have come (a line of the slave comes at once; the rest may come
 * in pieces); print them with control characters as ^X. */
static void show(const char *name, int fd, long wanted)
{
    char text[256], shown[1024] = "";
    long used = 0, got, out = 0;
    do {
        expect((got = read(fd, text + used, wanted ? wanted - used : 256)) >= 0, name);
        used += got;
    } while (got > 0 && used < wanted);
    for (long i = 0; i < used; i++)
        out += snprintf(shown + out, sizeof shown - out, text[i] < 32 ? "^%c" : "%c",
                        text[i] < 32 ? text[i] + 64 : text[i]);
    step(name, "%ld bytes: %s", used, shown);
}

/* Whether a read would find something now. */
static void ready(const char *name, int fd)
{
    struct pollfd event = {.fd = fd, .events = POLLIN};
    step(name, "%d", poll(&event, 1, 0));
}

int main(void)
{
    struct winsize size = {24, 80, 0, 0}, seen = {0};
    struct termios mode;
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    expect(master >= 0, "open of ptmx");
    char *name = ptsname(master);
    step("name", "%.9s", name ? name : "none");
    expect_errno(open(name, O_RDWR | O_NOCTTY), EIO, "locked");
    step_result("unlockpt", unlockpt(master));
    int slave = open(name, O_RDWR | O_NOCTTY);
    expect(slave >= 0, "open of the slave");
    step("isatty", "%d %d", isatty(master), isatty(slave));
    ready("slave has something", slave);
    step_result("master writes without a newline", write(master, "ab", 2));
    show("echo", master, 2);
    ready("slave has a line", slave);
    step_result("the rest, and two lines", write(master, "c\rx\177y\nlast\n", 11));
    show("echo", master, 16);
    show("a line", slave, 4);
    show("a line, with an erased character", slave, 2);
    show("last line", slave, 5);
    step_result("master writes end of file", write(master, "\004", 1));
    show("end of file", slave, 0);
    step_result("slave writes", write(slave, "one\ntwo\n", 8));
    show("master reads", master, 10);

    expect(tcgetattr(slave, &mode) == 0, "tcgetattr");
    step("flags", "ICANON %d ECHO %d ISIG %d ICRNL %d OPOST %d ONLCR %d", !!(mode.c_lflag & ICANON),
         !!(mode.c_lflag & ECHO), !!(mode.c_lflag & ISIG), !!(mode.c_iflag & ICRNL),
         !!(mode.c_oflag & OPOST), !!(mode.c_oflag & ONLCR));
    step("characters", "intr %d quit %d erase %d kill %d eof %d min %d", mode.c_cc[VINTR],
         mode.c_cc[VQUIT], mode.c_cc[VERASE], mode.c_cc[VKILL], mode.c_cc[VEOF], mode.c_cc[VMIN]);
    mode.c_lflag &= ~(ICANON | ECHO);
    mode.c_iflag &= ~ICRNL;
    mode.c_oflag &= ~OPOST;
    expect(tcsetattr(slave, TCSANOW, &mode) == 0, "tcsetattr");
    step_result("raw: master writes", write(master, "a\rb", 3));
    show("raw: slave reads", slave, 3);
    step_result("raw: slave writes", write(slave, "x\ny", 3));
    show("raw: master reads", master, 3);
    step_result("TIOCSWINSZ", ioctl(master, TIOCSWINSZ, &size));
    step_result("TIOCGWINSZ", ioctl(slave, TIOCGWINSZ, &seen));
    step("window", "%d %d", seen.ws_row, seen.ws_col);
    close(slave);
    expect_errno(read(master, &size, 1), EIO, "master, slave closed");
    contract_pass();
}
