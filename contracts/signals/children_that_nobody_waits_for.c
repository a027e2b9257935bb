/* Contract: what becomes of children is decided when they end: a zombie stays one when SIGCHLD is
 * ignored later; SIG_IGN reaps silently, SA_NOCLDWAIT with a handler reaps and tells; exec keeps
 * SIG_IGN, but not SA_NOCLDWAIT; stops of children are told in any case.
 * sigaction(2), wait(2); kernel/signal.c:do_notify_parent(). */
#include "contract.h"

static volatile int told;
static int go[2];

static void on_child(int number)
{
    (void)number;
    told++;
}

static void set(void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    expect(sigaction(SIGCHLD, &action, NULL) == 0, "sigaction");
    told = 0;
}

static pid_t start(int status)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(status);
    return child;
}

static void await(const char *name, pid_t child)
{
    int status = 0;
    errno = 0;
    pid_t got = waitpid(child, &status, 0);
    if (got == child)
        step(name, "status %#x, told %d", (unsigned)status, told);
    else
        step(name, "%s, told %d", errno_name(errno), told);
}

static void wait_until_zombie(pid_t child)
{
    siginfo_t info;
    expect(waitid(P_PID, child, &info, WEXITED | WNOWAIT) == 0, "waitid");
}

static void stopping(const char *name)
{
    int status = 0, heard = told;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        char byte;
        raise(SIGSTOP);
        expect(read(go[0], &byte, 1) == 1, "read");
        _exit(0);
    }
    expect(waitpid(child, &status, WUNTRACED) == child, "waitpid");
    step(name, "%#x, told %d", (unsigned)status, told);
    kill(child, SIGCONT);
    expect(waitpid(child, &status, WCONTINUED) == child, "waitpid");
    while (heard && told < heard + 2)
        usleep(1000);
    step("it continues", "%#x, told %d", (unsigned)status, told);
    expect(write(go[1], "g", 1) == 1, "write");
    await("then", child);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        struct sigaction action;
        sigaction(SIGCHLD, NULL, &action);
        step(argv[1], "%s, flags %#x", action.sa_handler == SIG_IGN ? "ignored" : "default",
             (unsigned)action.sa_flags & SA_NOCLDWAIT);
        await("a child", start(6));
        _exit(0);
    }
    expect(pipe(go) == 0, "pipe");
    pid_t child = start(1);
    wait_until_zombie(child);
    set(SIG_IGN, 0);
    await("a zombie from before", child);
    await("SIG_IGN", start(2));
    set(SIG_DFL, 0);
    await("SIG_DFL", start(3));
    set(SIG_DFL, SA_NOCLDWAIT);
    await("SIG_DFL with SA_NOCLDWAIT", start(4));
    set(on_child, SA_NOCLDWAIT | SA_RESTART);
    await("a handler with SA_NOCLDWAIT", start(5));
    stopping("it stops");
    set(on_child, SA_NOCLDWAIT | SA_NOCLDSTOP | SA_RESTART);
    stopping("it stops, SA_NOCLDSTOP");
    for (int i = 0; i < 2; i++) {
        set(i ? SIG_DFL : SIG_IGN, i ? SA_NOCLDWAIT : 0);
        fflush(stdout);
        child = vfork();
        if (child == 0) {
            execl("/proc/self/exe", "/kevlar/children", i ? "SA_NOCLDWAIT" : "SIG_IGN", NULL);
            _exit(9);
        }
        await("whoever was executed", child);
    }
    contract_pass();
}
