/* Threads and futexes: arguments that are not checked, and the end of a thread. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void told(const char *what, long got)
{
    dprintf(1, "%s: %ld%s%s\n", what, got, got < 0 ? " " : "", got < 0 ? strerrorname_np(errno) : "");
}

static void *waits(void *unused)
{
    sleep(3);
    return unused;
}

int main(void)
{
    unsigned word = 5, other = 5;
    struct timespec wrong = {0, 1000000000};
    int status;
    told("FUTEX_WAIT with a time that is none", syscall(SYS_futex, &word, FUTEX_WAIT, 5, &wrong));
    told("FUTEX_REQUEUE that wakes fewer than none",
         syscall(SYS_futex, &word, FUTEX_REQUEUE, -1, 1, &other, 0));
    word = 0;
    told("FUTEX_LOCK_PI with a time that is none", syscall(SYS_futex, &word, FUTEX_LOCK_PI, 0, &wrong));
    long child = syscall(SYS_clone, CLONE_FS | CLONE_NEWNS, NULL, NULL, NULL, NULL);
    if (child == 0)
        _exit(0);
    if (child > 0)
        waitpid((pid_t)child, NULL, __WALL);
    told("clone with CLONE_FS and CLONE_NEWNS", child > 0 ? 1 : child);
    unsigned *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    *shared = 5;
    child = fork();
    if (child == 0) {
        syscall(SYS_set_tid_address, shared);
        _exit(0);
    }
    waitpid((pid_t)child, NULL, 0);
    dprintf(1, "word of set_tid_address when nobody shares the memory: %u\n", *shared);
    pthread_t thread;
    char path[64], line[256];
    child = fork();
    if (child == 0) {
        pthread_create(&thread, NULL, waits, NULL);
        syscall(SYS_exit, 0);
    }
    usleep(300000);
    snprintf(path, sizeof path, "/proc/%ld/status", child);
    FILE *file = fopen(path, "r");
    int size = 0;
    while (fgets(line, sizeof line, file))
        size += !strncmp(line, "VmSize:", 7);
    fclose(file);
    dprintf(1, "status of a leader that has ended tells its size: %d\n", size);
    kill((pid_t)child, SIGKILL);
    waitpid((pid_t)child, NULL, 0);

    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    pthread_mutex_t *mutex = (pthread_mutex_t *)(shared + 16);
    pthread_mutex_init(mutex, &attributes);
    pid_t owner = fork();
    if (owner == 0) {
        pthread_mutex_lock(mutex);
        pause();
    }
    usleep(200000);
    pid_t waiter = fork();
    if (waiter == 0)
        _exit(pthread_mutex_lock(mutex));
    usleep(200000);
    kill(owner, SIGKILL);
    waitpid(owner, NULL, 0);
    usleep(500000);
    int got = waitpid(waiter, &status, WNOHANG);
    dprintf(1, "waiter of a robust mutex with inheritance whose owner dies: %s\n",
            got != waiter ? "waits on" : strerrorname_np(WEXITSTATUS(status)));
    kill(waiter, SIGKILL);
}
