/* ptrace: what a tracee stops for, and what is told of the stop. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static char *pages;

static void told(const char *what, long got)
{
    dprintf(1, "%s: %s\n", what, got < 0 ? strerrorname_np(errno) : "no error");
}

static long ask(long request, pid_t child, void *address, void *data)
{
    return syscall(SYS_ptrace, request, child, address, data);
}

static void stop(const char *what, pid_t child)
{
    siginfo_t info = {0};
    int status = 0;
    waitpid(child, &status, __WALL);
    if (!WIFSTOPPED(status)) {
        dprintf(1, "%s: status %#x\n", what, status);
        return;
    }
    long got = ask(PTRACE_GETSIGINFO, child, NULL, &info);
    dprintf(1, "%s: stopped by %d, event %d, siginfo %s, code %d, of itself %d\n", what,
            WSTOPSIG(status), status >> 16, got ? "none" : "there", info.si_code, info.si_pid == child);
}

/* A tracee that stops by itself and then does one of several things. */
static pid_t traced(int what)
{
    pid_t child = fork();
    if (child)
        return waitpid(child, NULL, 0), child;
    ask(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    if (what == 'x')
        execl("/proc/self/exe", "again", "again", NULL);
    if (what == 'c') {
        if (fork() == 0)
            _exit(0);
        wait(NULL);
    }
    if (what == 'v') {
        if (vfork() == 0)
            _exit(0);
        wait(NULL);
    }
    if (what == 'p')
        getppid();
    if (what == 'k') {
        sigset_t all;
        sigfillset(&all);
        sigprocmask(SIG_SETMASK, &all, NULL);
        raise(SIGUSR1);
        kill(getpid(), SIGSTOP);
    }
    _exit(0);
}

static void end(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, __WALL);
}

static void handler(int number)
{
    (void)number;
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return 0;
    struct user_regs_struct registers;
    struct iovec part = {&registers, 7};
    long word;
    pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(pages + 4096, 4096);
    pid_t child = traced(0);
    told("GETREGSET of 7 bytes", ask(PTRACE_GETREGSET, child, (void *)NT_PRSTATUS, &part));
    told("PEEKDATA where nothing is", ask(PTRACE_PEEKDATA, child, pages + 4096, &word));
    end(child);

    child = traced('x');
    ask(PTRACE_CONT, child, NULL, NULL);
    stop("execve", child);
    end(child);

    child = traced('c');
    ask(PTRACE_CONT, child, NULL, NULL);
    stop("end of its child", child);
    end(child);

    child = traced('v');
    unsigned long made;
    ask(PTRACE_SETOPTIONS, child, NULL, (void *)(PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE));
    ask(PTRACE_CONT, child, NULL, NULL);
    waitpid(child, NULL, __WALL);
    ask(PTRACE_GETEVENTMSG, child, NULL, &made);
    waitpid((pid_t)made, NULL, __WALL);
    ask(PTRACE_CONT, child, NULL, NULL);
    ask(PTRACE_CONT, (pid_t)made, NULL, NULL);
    waitpid((pid_t)made, NULL, __WALL);
    stop("the end of vfork", child);
    ask(PTRACE_CONT, child, NULL, NULL);
    stop("after it, when its traced child has ended", child);
    end(child);

    child = traced('p');
    char info[128];
    ask(PTRACE_SYSCALL, child, NULL, NULL);
    waitpid(child, NULL, __WALL);
    told("GET_SYSCALL_INFO", ask(0x420e, child, (void *)sizeof info, info));
    end(child);

    child = traced('k');
    ask(PTRACE_CONT, child, NULL, NULL);
    waitpid(child, NULL, 0);
    struct { unsigned long long from; unsigned flags; int count; } first = {0, 0, 1};
    told("PEEKSIGINFO", ask(PTRACE_PEEKSIGINFO, child, &first, info));
    end(child);

    signal(SIGUSR1, handler);
    child = traced(0);
    ask(PTRACE_SINGLESTEP, child, NULL, (void *)SIGUSR1);
    waitpid(child, NULL, 0);
    part.iov_len = sizeof registers;
    ask(PTRACE_GETREGSET, child, (void *)NT_PRSTATUS, &part);
    dprintf(1, "a step with a signal stops: %s\n",
            registers.rip == (unsigned long)handler ? "at the handler" : "elsewhere");
    end(child);

    child = fork();
    if (child == 0)
        for (;;)
            pause();
    ask(PTRACE_ATTACH, child, NULL, NULL);
    stop("attach", child);
    end(child);

    child = fork();
    if (child == 0)
        for (;;)
            pause();
    ask(PTRACE_SEIZE, child, NULL, NULL);
    kill(child, SIGSTOP);
    waitpid(child, NULL, __WALL);
    ask(PTRACE_CONT, child, NULL, (void *)SIGSTOP);
    stop("group-stop", child);
    told("LISTEN", ask(PTRACE_LISTEN, child, NULL, NULL));
    kill(child, SIGCONT);
    usleep(200000);
    dprintf(1, "stop when the group-stop ends: %d\n", waitpid(child, NULL, __WALL | WNOHANG) == child);
    ask(PTRACE_CONT, child, NULL, NULL);
    waitpid(child, NULL, __WALL);
    ask(PTRACE_CONT, child, NULL, NULL);
    told("INTERRUPT", ask(PTRACE_INTERRUPT, child, NULL, NULL));
    waitpid(child, NULL, __WALL);
    told("KILL", ask(PTRACE_KILL, child, NULL, NULL));
    usleep(200000);
    dprintf(1, "killed by it: %d\n", waitpid(child, NULL, __WALL | WNOHANG) == child);
    end(child);

}
