/* Contract: in canonical mode erase, word erase and kill edit the line that is being typed,
 * and their echo wipes the screen; a control character echoes as ^X and ^V takes one as it
 * is. ^D after characters ends the line without a newline, on an empty one it is end of
 * file, and a read that takes exactly the characters before it takes it too. EOL ends lines.
 * Source: termios(3); drivers/tty/n_tty.c: eraser(), canon_copy_from_read_buf(). */
#include "../contract.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

static int master, slave;

/* Print `size` bytes, controls as ^X. */
static void print(const char *name, const char *text, long size)
{
    char shown[1024] = "";
    for (long i = 0, out = 0; i < size; i++)
        out += snprintf(shown + out, sizeof shown - out, text[i] < 32 ? "^%c" : "%c",
                        text[i] < 32 ? text[i] + 64 : text[i]);
    step(name, "%ld bytes: %s", size, shown);
}

/* Type; read back exactly `echoed` bytes of echo. */
static void type(const char *text, long size, long echoed)
{
    char seen[256];
    long used = 0, got;
    expect(write(master, text, size) == size, "typing");
    for (; used < echoed; used += got)
        expect((got = read(master, seen + used, echoed - used)) > 0, "echo");
    print("  echo", seen, used);
    struct pollfd more = {.fd = master, .events = POLLIN};
    if (poll(&more, 1, 0))
        contract_fail("echo", "there is more of it");
}

static void line(const char *name, long size)
{
    char text[256];
    long got = read(slave, text, size);
    expect(got >= 0, name);
    print(name, text, got);
}

int main(void)
{
    struct termios mode;
    master = posix_openpt(O_RDWR | O_NOCTTY);
    expect(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0, "posix_openpt");
    slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    expect(slave >= 0, "open of the slave");

    type("abc\177\177d\n", 7, 12);
    line("erase", 100);
    type("\177x\n", 3, 3);
    line("erase of nothing", 100);
    type("one two.\027six\n", 13, 25);
    line("word erase", 100);
    type("wrong\025right\n", 12, 27);
    line("kill", 100);
    type("a\001\177b\n", 5, 12);
    line("erase of a control character", 100);
    type("a\tb\177\177c\n", 7, 16);
    line("erase of a tab", 100);
    type("\026\003\026\177.\n", 6, 11);
    line("literal", 100);
    type("abc\004", 4, 3);
    line("end of file after characters", 100);
    type("\004", 1, 0);
    line("end of file", 100);
    type("abc\004next\n", 9, 9);
    line("as many as there are", 3);
    line("what follows", 100);
    type("abc\004next\n", 9, 9);
    line("fewer", 2);
    line("the rest", 100);
    line("what follows", 100);
    type("a long line\n", 12, 13);
    line("a part", 7);
    line("the rest", 100);

    expect(tcgetattr(slave, &mode) == 0, "tcgetattr");
    mode.c_cc[VEOL] = ';';
    expect(tcsetattr(slave, TCSANOW, &mode) == 0, "tcsetattr");
    type("a;b\n", 4, 5);
    line("EOL", 100);
    line("newline", 100);
    mode.c_lflag &= ~ECHOKE;
    expect(tcsetattr(slave, TCSANOW, &mode) == 0, "tcsetattr");
    type("abc\025d\n", 6, 10);
    line("kill without ECHOKE", 100);
    mode.c_lflag &= ~ECHOE;
    expect(tcsetattr(slave, TCSANOW, &mode) == 0, "tcsetattr");
    type("ab\177c\n", 5, 7);
    line("erase without ECHOE", 100);
    mode.c_lflag = (mode.c_lflag & ~ECHO) | ECHONL;
    expect(tcsetattr(slave, TCSANOW, &mode) == 0, "tcsetattr");
    type("secret\n", 7, 2);
    line("ECHONL", 100);
    mode.c_iflag |= IGNCR;
    expect(tcsetattr(slave, TCSANOW, &mode) == 0, "tcsetattr");
    type("x\ry\n", 4, 2);
    line("IGNCR", 100);
    mode.c_iflag = (mode.c_iflag & ~(IGNCR | ICRNL)) | INLCR;
    mode.c_cc[VEOL] = '\r';
    mode.c_lflag |= ECHO;
    expect(tcsetattr(slave, TCSANOW, &mode) == 0, "tcsetattr");
    type("x\n", 2, 3);
    line("INLCR", 100);
    contract_pass();
}
