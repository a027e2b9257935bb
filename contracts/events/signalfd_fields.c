/* Contract: signalfd tells of each signal who sent it and with what: kill, tgkill, sigqueue, a
 * child, a timer, a queued fault; several at once, lowest first. It never takes SIGKILL, and is
 * the reader's own after fork. signalfd(2); fs/signalfd.c:signalfd_copyinfo(). */
#include "contract.h"
#include <poll.h>
#include <sys/signalfd.h>
#include <time.h>

static int fd;

static void show(const char *what)
{
    struct signalfd_siginfo info[4];
    long got = read(fd, info, sizeof info);
    if (got < 0) {
        step(what, "%s", errno_name(errno));
        return;
    }
    for (unsigned i = 0; i < got / sizeof *info; i++)
        step(what, "signal %u code %d errno %d mine %d uid %d status %d int %d ptr %llx tid %u "
             "overrun %u fd %d band %u addr %llx", info[i].ssi_signo, info[i].ssi_code,
             info[i].ssi_errno, info[i].ssi_pid == (unsigned)getpid(),
             info[i].ssi_uid == getuid(), info[i].ssi_status, info[i].ssi_int,
             (unsigned long long)info[i].ssi_ptr, info[i].ssi_tid, info[i].ssi_overrun,
             info[i].ssi_fd, info[i].ssi_band, (unsigned long long)info[i].ssi_addr);
}

int main(void)
{
    sigset_t set;
    sigfillset(&set);
    expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0, "block");
    fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    step("size", "%zu", sizeof(struct signalfd_siginfo));
    show("nothing");
    kill(getpid(), SIGUSR2);
    raise(SIGUSR1);
    show("kill and tgkill");
    union sigval value = {.sival_ptr = (void *)0x1122334455667788};
    sigqueue(getpid(), 40, value);
    sigqueue(getpid(), 40, value);
    show("sigqueue twice");
    sigqueue(getpid(), SIGSEGV, value);
    show("a queued fault");
    pid_t child = fork();
    if (child == 0)
        _exit(42);
    struct pollfd one = {.fd = fd, .events = POLLIN | POLLOUT};
    int count = poll(&one, 1, -1);
    step("poll", "%d %x", count, one.revents);
    show("a child's end");
    waitpid(child, NULL, 0);
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM,
                             .sigev_value.sival_int = 77};
    struct itimerspec soon = {.it_value.tv_nsec = 1000000};
    expect(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0, "timer_create");
    expect(timer_settime(timer, 0, &soon, NULL) == 0, "timer_settime");
    poll(&one, 1, -1);
    show("a timer");
    kill(getpid(), SIGUSR1);
    child = fork();
    if (child == 0) {
        show("the child has none");
        _exit(0);
    }
    wait_for_success(child);
    show("here it is still, and the child's end");
    sigemptyset(&set);
    sigaddset(&set, SIGKILL);
    sigaddset(&set, SIGSTOP);
    sigaddset(&set, SIGHUP);
    step("the same descriptor", "%d", signalfd(fd, &set, 0) == fd);
    kill(getpid(), SIGUSR1);
    show("not in the set");
    char path[64], line[64];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    FILE *info = fopen(path, "r");
    while (fgets(line, sizeof line, info))
        if (!strncmp(line, "sigmask", 7))
            step("fdinfo", "%.24s", line);
    expect_errno(syscall(SYS_signalfd4, -1, &set, 4, 0), EINVAL, "size of the set");
    expect_errno(syscall(SYS_signalfd4, -1, &set, 8, 1), EINVAL, "flags");
    expect_errno(syscall(SYS_signalfd4, -1, 8, 8, 0), EFAULT, "bad set");
    expect_errno(syscall(SYS_signalfd4, 1, &set, 8, 0), EINVAL, "another file");
    expect_errno(syscall(SYS_signalfd4, 99, &set, 8, 0), EBADF, "no file");
    expect_errno(read(fd, line, 64), EINVAL, "short read");
    contract_pass();
}
