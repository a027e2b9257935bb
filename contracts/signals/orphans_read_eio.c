/* Contract: a background process group that reads its terminal is stopped by SIGTTIN, but an orphaned
 * one, or one that ignores or blocks the signal, gets EIO; writing under TOSTOP is EIO for orphans,
 * and allowed for those who ignore or block SIGTTOU.
 * setpgid(2), tcsetattr(3); drivers/tty/tty_jobctrl.c:__tty_check_change(), n_tty.c:job_control(). */
#include "contract.h"
#include <sys/ioctl.h>
#include <termios.h>

static int terminal, done[2], go[2];

static void open_terminal(void)
{
    int number, unlock = 0, master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    char name[32];
    expect(master >= 0 && ioctl(master, TIOCSPTLCK, &unlock) == 0, "ptmx");
    expect(ioctl(master, TIOCGPTN, &number) == 0, "TIOCGPTN");
    snprintf(name, sizeof name, "/dev/pts/%d", number);
    terminal = open(name, O_RDWR);
    expect(terminal >= 0, name);
}

static void read_it(const char *name)
{
    char byte;
    errno = 0;
    step_result(name, read(terminal, &byte, 1));
}

static void background(void (*what)(void))
{
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        setpgid(0, 0);
        what();
        _exit(0);
    }
    setpgid(child, child);
    expect(waitpid(child, &status, WUNTRACED) == child, "waitpid");
    if (WIFSTOPPED(status)) {
        step("stopped by", "%d", WSTOPSIG(status));
        kill(child, SIGKILL);
        expect(waitpid(child, &status, 0) == child, "waitpid");
    } else
        step("ended", "%d", status);
}

static void plain(void)
{
    read_it("a plain read");
}

static void ignoring(void)
{
    signal(SIGTTIN, SIG_IGN);
    read_it("ignoring SIGTTIN");
}

static void blocking(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTTIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    read_it("blocking SIGTTIN");
}

static void writing(void)
{
    step_result("a plain write", write(terminal, "x", 1));
}

static void writing_anyhow(void)
{
    signal(SIGTTOU, SIG_IGN);
    step_result("ignoring SIGTTOU", write(terminal, "x", 1));
}

static void orphan(void)
{
    char byte;
    fflush(stdout);
    if (fork() == 0) {
        close(go[1]);
        expect(read(go[0], &byte, 1) == 0, "the parent is gone");
        read_it("an orphan reads");
        errno = 0;
        step_result("an orphan writes", write(terminal, "x", 1));
        errno = 0;
        step_result("an orphan sets", tcsetattr(terminal, TCSANOW, &(struct termios){0}));
        expect(write(done[1], "d", 1) == 1, "write");
        _exit(0);
    }
}

int main(void)
{
    char byte;
    struct termios settings;
    open_terminal();
    background(plain);
    background(ignoring);
    background(blocking);
    background(writing);
    expect(tcgetattr(terminal, &settings) == 0, "tcgetattr");
    settings.c_lflag |= TOSTOP;
    expect(tcsetattr(terminal, TCSANOW, &settings) == 0, "tcsetattr");
    background(writing);
    background(writing_anyhow);
    expect(pipe(done) == 0 && pipe(go) == 0, "pipe");
    background(orphan);
    close(go[1]);
    expect(read(done[0], &byte, 1) == 1, "read");
    contract_pass();
}
