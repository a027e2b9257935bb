/* Contract: a thread's unshare(CLONE_NEWPID) moves its own children only; an init may have threads, which
 * go on when its leader has ended.
 * Requires: CAP_SYS_ADMIN
 * Source: pid_namespaces(7); kernel/fork.c:unshare_nsproxy_namespaces. */
#include "pidns.h"
#include <pthread.h>

static pthread_barrier_t both;

static void *leave_alone(void *argument)
{
    (void)argument;
    step_result("unshare in a thread", unshare(CLONE_NEWPID));
    pid_t child = must_fork();
    if (child == 0) {
        step("its child", "pid %d, parent %d", getpid(), getppid());
        _exit(0);
    }
    step_end("its child", child);
    pthread_barrier_wait(&both);
    return NULL;
}

static void *outlive(void *argument)
{
    wait_for_state(*(pid_t *)argument, 'Z');
    step("a thread of init", "pid %d, tid %ld", getpid(), syscall(SYS_gettid));
    pid_t child = must_fork();
    if (child == 0) {
        step("its child", "pid %d, parent %d", getpid(), getppid());
        step_result("kill", kill(1, SIGKILL));
        _exit(0);
    }
    step_end("its child", child);
    _exit(0);
}

int main(void)
{
    pthread_t thread;
    pthread_barrier_init(&both, NULL, 2);
    expect(pthread_create(&thread, NULL, leave_alone, NULL) == 0, "pthread_create");
    pthread_barrier_wait(&both);
    pthread_join(thread, NULL);
    pid_t child = must_fork();
    if (child == 0)
        _exit(getpid() == 1);
    step_end("the other thread's child is no init", child);
    child = fork_into_namespace(0);
    if (child == 0) {
        static pid_t own = 1;
        mount_proc();
        expect(pthread_create(&thread, NULL, outlive, &own) == 0, "pthread_create");
        pthread_exit(NULL);
    }
    step_end("init", child);
    contract_pass();
}
