/* Contract: exit_group by any thread, a return of main and a fatal signal to any thread end all
 * threads with one status; exit(2) of the last thread ends the process with its status.
 * Source: _exit(2), exit_group(2), pthreads(7); kernel/exit.c:do_group_exit(). */
#include "threads.h"

static int scene;
static volatile int lives[2] = {1, 1};

/* End one thread; its word is zeroed when nothing of its exit can decide about the others' any more. */
static void end_alone(int which, int status)
{
    syscall(SYS_set_tid_address, &lives[which]);
    syscall(SYS_exit, status);
}

static void end_as_the_last(int status)
{
    while (lives[0] || lives[1])
        usleep(1000);
    syscall(SYS_exit, status);
}

static void *acts(void *unused)
{
    (void)unused;
    switch (scene) {
    case 0: _exit(11);
    case 1: syscall(SYS_tgkill, getpid(), own_tid(), SIGUSR1); break;
    case 2: *(volatile int *)8 = 1; break;
    case 3: end_as_the_last(12); break;
    case 4: syscall(SYS_tgkill, getpid(), getpid(), SIGKILL); break;
    case 5: exit(13);
    }
    for (;;)
        pause();
    return NULL;
}

static void *sleeps(void *unused)
{
    (void)unused;
    if (scene == 3)
        end_alone(1, 14);
    for (;;)
        pause();
    return NULL;
}

static void play(const char *name)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        pthread_t thread;
        expect(pthread_create(&thread, NULL, sleeps, NULL) == 0, "pthread_create");
        expect(pthread_create(&thread, NULL, acts, NULL) == 0, "pthread_create");
        if (scene == 3)
            end_alone(0, 15);
        if (scene == 6)
            exit(16);
        for (;;)
            pause();
    }
    int status;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    if (WIFSIGNALED(status))
        step(name, "signal %d", WTERMSIG(status));
    else
        step(name, "exit %d", WEXITSTATUS(status));
    scene++;
}

int main(void)
{
    play("_exit of a thread");
    play("a signal to a thread");
    play("a fault of a thread");
    play("all end one by one, the leader first");
    play("SIGKILL to the leader");
    play("exit of a thread");
    play("exit of the leader");
    contract_pass();
}
