/* Contract: a fault whose signal is blocked or ignored kills the process: it cannot be put off.
 * The same signal sent by kill is.
 * Source: sigprocmask(2), kernel/signal.c:force_sig_info_to_task. */
#include "../contract.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void on_fault(int signal)
{
    step("handler", "%d", signal);
    _exit(9);
}

static void try(const char *name, void (*handler)(int), int block, volatile char *address)
{
    pid_t child = fork();
    int status;
    expect(child >= 0, "fork");
    if (child == 0) {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGSEGV);
        expect(signal(SIGSEGV, handler) != SIG_ERR, "signal");
        expect(sigprocmask(block ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL) == 0, "mask");
        if (address == NULL)
            kill(getpid(), SIGSEGV);
        else
            *address = 1;
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child, "waitpid");
    if (WIFSIGNALED(status))
        step(name, "killed by %d", WTERMSIG(status));
    else
        step(name, "exit %d", WEXITSTATUS(status));
}

int main(void)
{
    struct rlimit no_core = {0, 0};
    expect(setrlimit(RLIMIT_CORE, &no_core) == 0, "RLIMIT_CORE");
    char *bad = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(bad != MAP_FAILED, "mmap");
    try("fault, caught", on_fault, 0, bad);
    try("fault, caught but blocked", on_fault, 1, bad);
    try("fault, ignored", SIG_IGN, 0, bad);
    try("kill, caught but blocked", on_fault, 1, NULL);
    try("kill, ignored", SIG_IGN, 0, NULL);
    contract_pass();
}
