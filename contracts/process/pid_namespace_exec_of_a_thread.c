/* Contract: when a thread of an init that is not its leader executes a program, it is process 1 and init
 * as before.
 * Requires: CAP_SYS_ADMIN
 * Source: pid_namespaces(7), execve(2); fs/exec.c:de_thread. */
#include "pidns.h"
#include <pthread.h>

static void *run_again(void *argument)
{
    (void)argument;
    step("before", "pid %d, tid %ld", getpid(), syscall(SYS_gettid));
    execl("/proc/thread-self/exe", "exec", "again", (char *)NULL);
    _exit(99);
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        step("after", "pid %d, tid %ld, parent %d", getpid(), syscall(SYS_gettid), getppid());
        step_result("KILL to itself", kill(1, SIGKILL));
        pid_t child = must_fork();
        if (child == 0)
            _exit(getppid());
        step("its child", "%d", child);
        step_end("its child", child);
        _exit(6);
    }
    pid_t child = fork_into_namespace(0);
    if (child == 0) {
        pthread_t thread;
        mount_proc();
        expect(pthread_create(&thread, NULL, run_again, NULL) == 0, "pthread_create");
        for (;;)
            pause();
    }
    step_end("init", child);
    contract_pass();
}
