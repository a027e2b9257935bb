/* Contract: ^C, ^\ and ^Z send SIGINT, SIGQUIT and SIGTSTP to the foreground group, echo as
 * ^X and throw away the line that was being typed, unless NOFLSH; without ISIG they are
 * characters. A new window size sends SIGWINCH, the same one again does not.
 * Source: termios(3), ioctl_tty(2); drivers/tty/n_tty.c:isig(), pty.c:pty_resize(). */
#include "../contract.h"
#include <sys/ioctl.h>
#include <termios.h>

static int master, slave;
static sigset_t signals;

static void sent(const char *name)
{
    siginfo_t info;
    struct timespec zero = {0, 0};
    int signal = sigtimedwait(&signals, &info, &zero);
    step(name, "signal %s, code %s",
         signal == SIGINT ? "SIGINT" : signal == SIGQUIT ? "SIGQUIT" :
         signal == SIGTSTP ? "SIGTSTP" : signal == SIGWINCH ? "SIGWINCH" : "none",
         signal < 0 ? "none" : info.si_code == SI_KERNEL ? "SI_KERNEL" : "another");
}

/* Type, and wait for the echo, which comes after the signal. */
static void type(const char *text, long echoed)
{
    char seen[64] = "", shown[128] = "";
    expect(write(master, text, strlen(text)) == (long)strlen(text), "typing");
    for (long used = 0, got; used < echoed; used += got)
        expect((got = read(master, seen + used, echoed - used)) > 0, "echo");
    for (long i = 0, out = 0; seen[i]; i++)
        out += snprintf(shown + out, sizeof shown - out, seen[i] < 32 ? "<%d>" : "%c", seen[i]);
    step("echo", "%s", shown);
}

static void line(const char *name)
{
    char text[64] = "";
    long got = read(slave, text, sizeof text - 1);
    if (got > 0 && text[got - 1] == '\n')
        text[got - 1] = 0;
    step(name, "%ld '%s'", got, text);
}

static int session(void)
{
    struct termios mode;
    struct winsize size = {24, 80, 640, 480}, seen = {0};
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGQUIT);
    sigaddset(&signals, SIGTSTP);
    sigaddset(&signals, SIGWINCH);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGHUP, SIG_IGN);
    signal(SIGWINCH, SIG_DFL);
    setsid();
    master = posix_openpt(O_RDWR | O_NOCTTY);
    expect(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0, "posix_openpt");
    slave = open(ptsname(master), O_RDWR);
    expect(slave >= 0 && tcgetattr(slave, &mode) == 0, "open of the slave");
    sent("at first");
    type("\003", 2);
    sent("^C");
    type("\034", 2);
    sent("^\\");
    type("\032", 2);
    sent("^Z");
    type("lost", 4);
    type("\003kept\n", 8);
    sent("^C in a line");
    line("the line");
    mode.c_lflag |= NOFLSH;
    expect(tcsetattr(slave, TCSANOW, &mode) == 0, "tcsetattr");
    type("one\003two\n", 10);
    sent("^C with NOFLSH");
    line("the line");
    mode.c_lflag &= ~(NOFLSH | ISIG);
    expect(tcsetattr(slave, TCSANOW, &mode) == 0, "tcsetattr");
    type("a\003\n", 5);
    sent("^C without ISIG");
    line("the line");
    mode.c_lflag |= ISIG;
    mode.c_cc[VINTR] = 'q';
    expect(tcsetattr(slave, TCSANOW, &mode) == 0, "tcsetattr");
    type("q", 1);
    sent("another character");
    mode.c_cc[VINTR] = _POSIX_VDISABLE;
    expect(tcsetattr(slave, TCSANOW, &mode) == 0, "tcsetattr");
    type("q\003.\n", 6);
    sent("no character");
    line("the line");

    signal(SIGWINCH, SIG_IGN);
    struct sigaction handled = {.sa_handler = _exit};
    sigaction(SIGWINCH, &handled, NULL);
    expect(ioctl(slave, TIOCGWINSZ, &seen) == 0, "TIOCGWINSZ");
    step("window", "%d %d %d %d", seen.ws_row, seen.ws_col, seen.ws_xpixel, seen.ws_ypixel);
    step_result("TIOCSWINSZ", ioctl(master, TIOCSWINSZ, &size));
    sent("a new size");
    step_result("TIOCSWINSZ", ioctl(slave, TIOCSWINSZ, &size));
    sent("the same size");
    size.ws_col = 132;
    step_result("TIOCSWINSZ", ioctl(slave, TIOCSWINSZ, &size));
    sent("by the slave");
    expect(ioctl(master, TIOCGWINSZ, &seen) == 0, "TIOCGWINSZ");
    step("window", "%d %d %d %d", seen.ws_row, seen.ws_col, seen.ws_xpixel, seen.ws_ypixel);
    return 0;
}

int main(void)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(session());
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("child exits", "%d", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    if (status)
        contract_fail("child", "it did not come to its end");
    contract_pass();
}
