/* Contract: fork and vfork keep the alternate stack, a thread and what shares its memory have none,
 * exec takes it away, and each thread sets its own.
 * sigaltstack(2); kernel/fork.c:copy_process(). */
#include "contract.h"
#include <pthread.h>
#include <sched.h>

static char memory[2][32768] __attribute__((aligned(16))), stack[65536] __attribute__((aligned(16)));

static void show(const char *name)
{
    stack_t now;
    expect(sigaltstack(NULL, &now) == 0, "sigaltstack");
    step(name, "flags %#x, %s", (unsigned)now.ss_flags,
         now.ss_sp == memory[0] ? "the first" : now.ss_sp == memory[1] ? "the second" : "none");
}

static void set(int which)
{
    stack_t wanted = {.ss_sp = memory[which], .ss_size = sizeof memory[which]};
    expect(sigaltstack(&wanted, NULL) == 0, "sigaltstack");
}

static void *thread(void *unused)
{
    show("a thread");
    set(1);
    show("a thread");
    return unused;
}

static int body(void *name)
{
    show(name);
    return 0;
}

static void run(const char *name, int flags)
{
    fflush(stdout);
    pid_t child = clone(body, stack + sizeof stack, flags | SIGCHLD, (void *)name);
    expect(child > 0, name);
    wait_for_success(child);
}

int main(int argc, char **argv)
{
    pthread_t other;
    (void)argv;
    if (argc > 1) {
        show("after exec");
        contract_pass();
    }
    set(0);
    show("this one");
    run("fork", 0);
    run("CLONE_VM", CLONE_VM);
    run("CLONE_VM and CLONE_VFORK", CLONE_VM | CLONE_VFORK);
    run("CLONE_VFORK", CLONE_VFORK);
    expect(pthread_create(&other, NULL, thread, NULL) == 0, "pthread_create");
    pthread_join(other, NULL);
    show("this one");
    execl("/proc/self/exe", "/kevlar/altstack", "again", NULL);
    contract_fail("execl", "%s", errno_name(errno));
}
