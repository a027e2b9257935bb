/* PID namespaces: how many, what reaches their first process, and which numbers are told. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void told(const char *what, long got)
{
    dprintf(1, "%s: %ld%s%s\n", what, got, got < 0 ? " " : "", got < 0 ? strerrorname_np(errno) : "");
}

static pid_t nested(void)
{
    return (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
}

static void *in_thread(void *unused)
{
    told("unshare(CLONE_NEWPID) in a thread", unshare(CLONE_NEWPID));
    return unused;
}

static void ended(const char *what, pid_t child)
{
    int status = -1;
    waitpid(child, &status, 0);
    dprintf(1, "%s: %#x\n", what, status);
}

int main(void)
{
    struct stat one = {0}, other = {0};
    struct ucred peer;
    socklen_t size = sizeof peer;
    siginfo_t info = {.si_signo = SIGUSR2, .si_code = SI_QUEUE};
    sigset_t set;
    pthread_t thread;
    int pair[2], ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || pipe(ends))
        return 1;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    setpgid(0, 0);
    pid_t child = nested();
    if (child == 0) {
        char byte;
        setpgid(0, 0);
        getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &peer, &size);
        dprintf(1, "SO_PEERCRED of who is outside: %d\n", peer.pid);
        if (read(ends[0], &byte, 1) != 1)
            _exit(1);
        sigtimedwait(&set, &info, &(struct timespec){2, 0});
        dprintf(1, "si_pid of sigqueue from outside: %d\n", info.si_pid == 0 ? 0 : 1);
        _exit(0);
    }
    info.si_pid = getpid();
    syscall(SYS_rt_sigqueueinfo, child, SIGUSR2, &info);
    if (write(ends[1], "x", 1) != 1)
        return 1;
    waitpid(child, NULL, 0);
    child = nested();
    if (child == 0) {
        kill(0, SIGUSR1);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    told("signal to a group from inside, seen outside",
         sigtimedwait(&set, NULL, &(struct timespec){0, 200000000}) == SIGUSR1);
    child = nested();
    if (child == 0) {
        kill(1, SIGTERM);
        _exit(3);
    }
    ended("end of an init that sends itself SIGTERM", child);
    int space = open("/proc/self/ns/pid", O_RDONLY);
    stat("/proc/self/ns/pid", &one);
    stat("/proc/self/ns/pid_for_children", &other);
    dprintf(1, "pid_for_children is pid: %d\n", one.st_ino == other.st_ino);
    told("NS_GET_USERNS", ioctl(space, NS_GET_USERNS) < 0 ? -1 : 0);
    int level;
    for (level = 0; level < 50 && (child = nested()) == 0; level++)
        ;
    if (child > 0) {
        waitpid(child, NULL, 0);
    } else {
        dprintf(1, "50 levels of namespaces: %s\n", level < 50 ? strerrorname_np(errno) : "are there");
        _exit(0);
    }
    if (level)
        _exit(0);
    pthread_create(&thread, NULL, in_thread, NULL);
    pthread_join(thread, NULL);
}
