/* Terminals: locks, keys, editing, hang-ups, sessions. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void told(const char *what, long got)
{
    printf("%s: %ld%s%s\n", what, got, got < 0 ? " " : "", got < 0 ? strerrorname_np(errno) : "");
}

static volatile sig_atomic_t interrupts, hangups;

static void count(int number)
{
    interrupts += number == SIGINT;
    hangups += number == SIGHUP;
}

int main(void)
{
    char text[64] = "";
    struct termios modes;
    int unlock = 0, master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    ioctl(master, TIOCSPTLCK, &unlock);
    close(open(ptsname(master), O_RDWR | O_NOCTTY));
    struct pollfd end = {master, POLLIN | POLLOUT, 0};
    poll(&end, 1, 0);
    printf("events of one end when the other has closed: %#x\n", end.revents);
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    told("open while it is locked", open(ptsname(master), O_RDWR | O_NOCTTY) < 0 ? -1 : 0);
    told("TIOCSPTLCK", ioctl(master, TIOCSPTLCK, &unlock));
    told("TIOCGPTPEER", ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY) < 0 ? -1 : 0);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    told("TIOCGLCKTRMIOS", ioctl(slave, TIOCGLCKTRMIOS, &modes));
    told("tcgetattr", tcgetattr(slave, &modes));
    printf("VERASE %#x, VINTR %#x, VMIN %d\n", modes.c_cc[VERASE], modes.c_cc[VINTR], modes.c_cc[VMIN]);
    told("keys with an erase in the middle", write(master, "ab\177c\n", 5));
    long got = read(slave, text, sizeof text);
    printf("line that is read: %ld bytes\n", got);
    modes.c_lflag &= ~(ICANON | ECHO);
    modes.c_cc[VMIN] = 3;
    modes.c_cc[VTIME] = 0;
    tcsetattr(slave, TCSANOW, &modes);
    if (write(master, "x", 1) != 1)
        return 1;
    told("poll with one byte of VMIN 3", poll(&(struct pollfd){slave, POLLIN, 0}, 1, 100));
    if (read(slave, text, fcntl(slave, F_SETFL, O_NONBLOCK) == 0 ? 1 : 0) != 1)
        return 1;
    fcntl(slave, F_SETFL, 0);
    modes.c_cc[VMIN] = 0;
    modes.c_cc[VTIME] = 1;
    tcsetattr(slave, TCSANOW, &modes);
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = count}, NULL);
    alarm(2);
    told("read with VMIN 0, VTIME 1", read(slave, text, sizeof text));
    alarm(0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        sigaction(SIGINT, &(struct sigaction){.sa_handler = count}, NULL);
        sigaction(SIGHUP, &(struct sigaction){.sa_handler = count}, NULL);
        sigaction(SIGALRM, &(struct sigaction){.sa_handler = count}, NULL);
        printf("setsid gives the session: %s\n", setsid() == getpid() ? "yes" : "no");
        told("TIOCSCTTY", ioctl(slave, TIOCSCTTY, 0));
        if (write(master, "\3", 1) == 1)
            usleep(200000);
        printf("SIGINTs by ^C: %d\n", (int)interrupts);
        signal(SIGTTIN, SIG_DFL);
        fflush(stdout);
        pid_t background = fork();
        if (background == 0) {
            setpgid(0, 0);
            alarm(1);
            got = read(slave, text, 1);
            _exit(0);
        }
        setpgid(background, background);
        int status = 0;
        waitpid(background, &status, WUNTRACED);
        printf("read in the background: %s\n", WIFSTOPPED(status) ? "stopped" : "not stopped");
        kill(background, SIGKILL);
        alarm(2);
        close(master);
        modes.c_cc[VMIN] = 1;
        modes.c_cc[VTIME] = 0;
        tcsetattr(slave, TCSANOW, &modes);
        while ((got = read(slave, text, sizeof text)) > 0)
            ;
        told("read after the other end was closed", got);
        fflush(stdout);
        _exit(0);
    }
    close(master);
    waitpid(child, NULL, 0);
}
