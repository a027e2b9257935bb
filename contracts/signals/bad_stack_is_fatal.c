/* Contract: if the frame of a signal cannot be written, SIGSEGV is raised instead, and may be
 * caught; if its frame cannot be written either, the process dies of it.
 * Source: kernel/signal.c:signal_setup_done, force_sigsegv. */
#include "../contract.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void on_signal(int signal)
{
    step("handler", "%d", signal);
}

static void try(const char *name, int fault_flags)
{
    step(name, "begins");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        char *memory = mmap(NULL, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        expect(memory != MAP_FAILED, "mmap");
        stack_t stack = {.ss_sp = memory, .ss_size = 65536};
        expect(sigaltstack(&stack, NULL) == 0, "sigaltstack");
        struct sigaction action = {.sa_handler = on_signal, .sa_flags = fault_flags};
        expect(sigaction(SIGSEGV, &action, NULL) == 0, "SIGSEGV");
        action.sa_flags = SA_ONSTACK;
        expect(sigaction(SIGUSR1, &action, NULL) == 0, "SIGUSR1");
        kill(getpid(), SIGUSR1);
        step("child", "alive, SIGUSR1 is lost");
        _exit(0);
    }
    int status;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("killed by", "%d", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

int main(void)
{
    struct rlimit no_core = {0, 0};
    expect(setrlimit(RLIMIT_CORE, &no_core) == 0, "RLIMIT_CORE");
    try("SIGSEGV handler on the good stack", 0);
    try("SIGSEGV handler on the bad stack too", SA_ONSTACK);
    contract_pass();
}
