/* Contract: /proc/self/status shows the signals that are blocked, ignored, caught, pending
 * for the thread and pending for the process as 16 hexadecimal digits, signal n as bit n-1.
 * The standard signals are looked at; a libc keeps some real-time ones for itself.
 * Source: proc_pid_status(5); fs/proc/array.c:task_sig. */
#include "../contract.h"

static void handler(int number)
{
    (void)number;
}

static void show(const char *name)
{
    static const char *const fields[] = {"SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt"};
    char text[8192];
    int fd = open("/proc/self/status", O_RDONLY);
    long got = read(fd, text, sizeof text - 1);
    close(fd);
    text[got] = 0;
    step("after", "%s", name);
    for (int i = 0; i < 5; i++) {
        char *field = strstr(text, fields[i]);
        expect(field && field[-1] == '\n' && field[6] == ':' && field[7] == '\t', fields[i]);
        expect(strspn(field + 8, "0123456789abcdef") == 16, "digits");
        step(fields[i], "%08llx", strtoull(field + 8, NULL, 16) & 0x7fffffff);
    }
}

int main(void)
{
    sigset_t set;
    for (int number = 1; number < 32; number++)
        signal(number, SIG_DFL);
    sigfillset(&set);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    show("reset");
    signal(SIGHUP, handler);
    signal(SIGTERM, handler);
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    show("catching HUP and TERM, ignoring INT and PIPE");
    sigprocmask(SIG_BLOCK, &set, NULL);
    show("blocking all");
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_SETMASK, &set, NULL);
    kill(getpid(), SIGUSR1);
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR2);
    kill(getpid(), SIGINT);
    show("USR1 to the process, USR2 to the thread, INT ignored");
    signal(SIGUSR1, SIG_IGN);
    show("ignoring the pending USR1");
    sigdelset(&set, SIGHUP);
    kill(getpid(), SIGHUP);
    show("HUP pending");
    sigprocmask(SIG_SETMASK, &set, NULL);
    show("HUP delivered");
    contract_pass();
}
