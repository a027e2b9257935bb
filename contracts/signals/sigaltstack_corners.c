/* Contract: the alternate stack is used once, not again while on it; it is the thread's own and
 * not a new thread's, but a forked child's; SS_DISABLE forgets it; handlers without SA_ONSTACK
 * stay where they are.
 * Source: sigaltstack(2), kernel/signal.c:do_sigaltstack. */
#include "../contract.h"
#include <pthread.h>

static char area[65536] __attribute__((aligned(16)));
static int nested;

static const char *where(void *address)
{
    return (char *)address >= area && (char *)address < area + sizeof area ? "alternate" : "usual";
}

static void show(const char *name)
{
    stack_t now;
    expect(sigaltstack(NULL, &now) == 0, "sigaltstack");
    step(name, "flags %d, %s", now.ss_flags, now.ss_sp == area ? "ours" : "none");
}

static void handler(int number)
{
    int local;
    stack_t off = {.ss_flags = SS_DISABLE};
    step("handler", "%s stack", where(&local));
    show("inside");
    if (number == SIGUSR1 && !nested++) {
        errno = 0;
        step_result("change it inside", sigaltstack(&off, NULL));
        raise(SIGUSR2);
    }
}

static void *thread(void *unused)
{
    show("thread");
    raise(SIGUSR2);
    return unused;
}

int main(void)
{
    pthread_t other;
    stack_t stack = {.ss_sp = area, .ss_size = sizeof area}, old;
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    show("at first");
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
    expect(sigaction(SIGUSR2, &action, NULL) == 0, "sigaction");
    action.sa_flags = 0;
    expect(sigaction(SIGTERM, &action, NULL) == 0, "sigaction");
    step_result("set", sigaltstack(&stack, NULL));
    show("set");
    raise(SIGUSR1);
    show("after");
    raise(SIGTERM);
    expect(pthread_create(&other, NULL, thread, NULL) == 0, "pthread_create");
    expect(pthread_join(other, NULL) == 0, "pthread_join");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        show("child");
        raise(SIGUSR2);
        _exit(0);
    }
    wait_for_success(child);
    stack.ss_flags = SS_DISABLE;
    step_result("off", sigaltstack(&stack, &old));
    step("old", "size %zu", old.ss_size);
    show("off");
    raise(SIGUSR2);
    contract_pass();
}
