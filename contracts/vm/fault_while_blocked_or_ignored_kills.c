/* Contract: SIGSEGV from a fault cannot be put off. If it is blocked or ignored the process
 * dies of it at once, also when a handler is installed, and also when the second fault
 * happens inside the handler of the first without SA_NODEFER. A SIGSEGV that was merely
 * sent by kill stays pending or is ignored as any other signal.
 * Source: sigprocmask(2), signal(7); kernel/signal.c:force_sig_info_to_task. */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { PAGE = 4096 };

static volatile char *forbidden;
static volatile sig_atomic_t depth;

static void leave(int number)
{
    (void)number;
    _exit(40);
}

static void fault_again(int number)
{
    (void)number;
    if (++depth == 3)
        _exit(43);
    *forbidden = 'x';
}

static void ends(const char *name, void (*handler)(int), int flags, int block, int sent)
{
    pid_t child = fork();
    if (child == 0) {
        struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGSEGV);
        sigaction(SIGSEGV, &action, NULL);
        if (block)
            sigprocmask(SIG_BLOCK, &set, NULL);
        if (sent)
            kill(getpid(), SIGSEGV);
        else
            *forbidden = 'x';
        _exit(3);
    }
    int status;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    if (WIFSIGNALED(status))
        step(name, "signal %d", WTERMSIG(status));
    else
        step(name, "exit %d", WEXITSTATUS(status));
}

int main(void)
{
    struct rlimit no_core = {0, 0};
    expect(setrlimit(RLIMIT_CORE, &no_core) == 0, "setrlimit");
    forbidden = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(forbidden != MAP_FAILED, "mmap");
    ends("handled", leave, 0, 0, 0);
    ends("handled, blocked", leave, 0, 1, 0);
    ends("default, blocked", SIG_DFL, 0, 1, 0);
    ends("ignored", SIG_IGN, 0, 0, 0);
    ends("ignored, blocked", SIG_IGN, 0, 1, 0);
    ends("fault inside the handler", fault_again, 0, 0, 0);
    ends("fault inside the handler, SA_NODEFER", fault_again, SA_NODEFER, 0, 0);
    ends("handler with SA_RESETHAND", fault_again, SA_RESETHAND | SA_NODEFER, 0, 0);
    ends("sent, handled", leave, 0, 0, 1);
    ends("sent, blocked", leave, 0, 1, 1);
    ends("sent, ignored", SIG_IGN, 0, 0, 1);
    ends("sent, default", SIG_DFL, 0, 0, 1);
    contract_pass();
}
