/* Contract: a handler runs with the mask it interrupted, its sa_mask and its own signal; nested
 * handlers add up, and each return restores what was before; SIGKILL and SIGSTOP are never in.
 * Source: sigaction(2), kernel/signal.c:signal_delivered. */
#include "../contract.h"

static int depth;

static void show(const char *name)
{
    static const struct { int number; const char *name; } all[] = {
        {SIGHUP, "HUP"}, {SIGINT, "INT"}, {SIGUSR1, "USR1"}, {SIGUSR2, "USR2"},
        {SIGTERM, "TERM"}, {SIGWINCH, "WINCH"}, {SIGKILL, "KILL"}, {SIGSTOP, "STOP"}};
    sigset_t now;
    char text[64] = "";
    expect(sigprocmask(SIG_BLOCK, NULL, &now) == 0, "sigprocmask");
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
        if (sigismember(&now, all[i].number)) {
            strcat(text, " ");
            strcat(text, all[i].name);
        }
    step(name, "depth %d, blocked:%s", depth, text);
}

static void handler(int number)
{
    depth++;
    show(number == SIGUSR1 ? "USR1 begins" : number == SIGUSR2 ? "USR2 begins" : "TERM begins");
    if (number == SIGUSR1) {
        raise(SIGUSR2);
        raise(SIGUSR1);
        raise(SIGTERM);
        show("USR1 goes on");
    } else if (number == SIGUSR2 && depth == 2)
        raise(SIGTERM);
    show(number == SIGUSR1 ? "USR1 ends" : number == SIGUSR2 ? "USR2 ends" : "TERM ends");
    depth--;
}

static void handle(int number, int also, int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, also);
    sigaddset(&action.sa_mask, SIGKILL);
    sigaddset(&action.sa_mask, SIGSTOP);
    expect(sigaction(number, &action, NULL) == 0, "sigaction");
}

int main(void)
{
    sigset_t set;
    handle(SIGUSR1, SIGHUP, SA_RESETHAND);
    handle(SIGUSR2, SIGINT, SA_NODEFER);
    handle(SIGTERM, SIGUSR2, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGWINCH);
    expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0, "block");
    show("before");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        raise(SIGUSR1); /* the second one, pending, meets the default action */
        show("not reached");
        _exit(0);
    }
    int status;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("status", "0x%x", status);
    raise(SIGUSR2);
    show("after");
    contract_pass();
}
