/* Contract: without ICANON a read returns when VMIN characters are there or its buffer is
 * full; with VMIN 0 at once, with what there is, or after VTIME tenths of a second. VTIME
 * between characters ends a read that has some. poll waits for VMIN characters unless VTIME
 * is set; O_NONBLOCK takes what there is. What was typed raw becomes a line with ICANON.
 * Source: termios(3), "Canonical and noncanonical mode"; n_tty.c:n_tty_read(), n_tty_poll(). */
#include "../contract.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>

static int master, slave;
static struct termios mode;

static void set(int minimum, int tenths)
{
    mode.c_cc[VMIN] = minimum;
    mode.c_cc[VTIME] = tenths;
    expect(tcsetattr(slave, TCSANOW, &mode) == 0, "tcsetattr");
    step("VMIN, VTIME", "%d %d", minimum, tenths);
}

/* Type, and wait until it has arrived. */
static void type(const char *text)
{
    int before, now;
    expect(ioctl(slave, FIONREAD, &before) == 0, "FIONREAD");
    expect(write(master, text, strlen(text)) == (long)strlen(text), "typing");
    do
        expect(ioctl(slave, FIONREAD, &now) == 0, "FIONREAD");
    while (now < before + (int)strlen(text));
}

static void take(const char *name, long size)
{
    char text[64] = "";
    long got = read(slave, text, size);
    if (got < 0)
        step_result(name, got);
    else
        step(name, "%ld '%s'", got, text);
}

/* The same, and the read must have lasted for VTIME of 1. */
static void take_slowly(const char *name)
{
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    take(name, 64);
    clock_gettime(CLOCK_MONOTONIC, &end);
    long passed = (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
    if (passed < 80)
        contract_fail(name, "it lasted for less than a tenth of a second");
}

static void ready(void)
{
    struct pollfd event = {.fd = slave, .events = POLLIN};
    step("poll", "%d", poll(&event, 1, 0));
}

int main(void)
{
    int flags, left;
    master = posix_openpt(O_RDWR | O_NOCTTY);
    expect(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0, "posix_openpt");
    slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    expect(slave >= 0 && tcgetattr(slave, &mode) == 0, "open of the slave");
    cfmakeraw(&mode);
    set(3, 0);
    type("ab");
    ready();
    type("c");
    ready();
    take("all three", 64);
    type("defg");
    take("a smaller buffer", 2);
    take("fewer than VMIN, buffer full", 2);
    type("hi");
    flags = fcntl(slave, F_GETFL);
    fcntl(slave, F_SETFL, flags | O_NONBLOCK);
    take("O_NONBLOCK with two", 64);
    take("O_NONBLOCK with none", 64);
    fcntl(slave, F_SETFL, flags);

    pid_t child = fork();
    if (child == 0) {
        for (const char *at = "xyz"; *at; at++) {
            usleep(20000);
            if (write(master, at, 1) != 1)
                _exit(1);
        }
        _exit(0);
    }
    take("typed one after another", 64);
    expect(waitpid(child, NULL, 0) == child, "waitpid");

    set(0, 0);
    take("nothing there", 64);
    type("j");
    take("one there", 64);
    set(0, 1);
    take_slowly("nothing there");
    type("k");
    ready();
    take("one there", 64);
    set(5, 1);
    type("lm");
    take_slowly("two of five");

    type("now a line");
    mode.c_lflag |= ICANON;
    expect(tcsetattr(slave, TCSANOW, &mode) == 0, "tcsetattr");
    take("with ICANON", 64);
    mode.c_lflag &= ~ICANON;
    set(1, 0);
    type("forgotten");
    expect(tcsetattr(slave, TCSAFLUSH, &mode) == 0, "tcsetattr");
    expect(ioctl(slave, FIONREAD, &left) == 0, "FIONREAD");
    step("after TCSAFLUSH", "%d", left);
    type("flushed");
    step_result("tcflush", tcflush(slave, TCIFLUSH));
    expect(ioctl(slave, FIONREAD, &left) == 0, "FIONREAD");
    step("left", "%d", left);
    expect_errno(tcflush(slave, 9), EINVAL, "tcflush of something else");
    contract_pass();
}
