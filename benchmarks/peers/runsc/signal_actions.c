/* Actions, stacks and queues of signals. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

struct action {
    void *handler;
    unsigned long flags;
    void *restorer;
    unsigned long mask;
};

static void told(const char *what, long got)
{
    dprintf(1, "%s: %s\n", what, got < 0 ? strerrorname_np(errno) : "no error");
}

static volatile int first;

static void note(int number)
{
    if (!first)
        first = number;
}

static void once(int number)
{
    struct sigaction now;
    sigaction(number, NULL, &now);
    dprintf(1, "SA_RESETHAND in its handler: %d\n", !!((unsigned)now.sa_flags & SA_RESETHAND));
}

int main(void)
{
    static char memory[65536];
    sigset_t set, old;
    struct action odd = {NULL, 0x1400, NULL, 0};
    syscall(SYS_rt_sigaction, SIGUSR2, &odd, NULL, 8);
    syscall(SYS_rt_sigaction, SIGUSR2, NULL, &odd, 8);
    dprintf(1, "unknown flags of an action are kept: %#lx\n", odd.flags & 0x1400);
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = once, .sa_flags = (int)SA_RESETHAND}, NULL);
    raise(SIGUSR1);
    stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory, .ss_flags = (int)(1U << 31)}, now;
    told("SS_AUTODISARM", sigaltstack(&stack, NULL));
    sigaltstack(NULL, &now);
    dprintf(1, "flags that are read: %#x\n", (unsigned)now.ss_flags);
    stack.ss_flags = 4;
    told("unknown flag of a stack", sigaltstack(&stack, NULL));
    told("rt_sigpending of 16 bytes", syscall(SYS_rt_sigpending, &set, 16));
    static const int numbers[] = {SIGHUP, SIGSEGV};
    sigfillset(&set);
    sigprocmask(SIG_BLOCK, &set, &old);
    for (int i = 0; i < 2; i++) {
        signal(numbers[i], note);
        sigaddset(&set, numbers[i]);
        sigqueue(getpid(), numbers[i], (union sigval){.sival_int = 1});
    }
    sigprocmask(SIG_SETMASK, &old, NULL);
    dprintf(1, "last of SIGHUP and SIGSEGV to run: %d\n", first);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    struct signalfd_siginfo got[2];
    int fd = signalfd(-1, &set, SFD_NONBLOCK);
    raise(SIGUSR2);
    raise(SIGRTMIN);
    dprintf(1, "signals in one read of a signalfd: %ld\n", (long)read(fd, got, sizeof got) / 128);
}
