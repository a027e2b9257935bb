/* Contract: with O_ASYNC and an owner, a pipe sends SIGIO when it is written to, read from or an
 * end closes; F_SETSIG chooses another signal, which then tells the descriptor and what happened.
 * fcntl(2) "Managing signals"; fs/fcntl.c:send_sigio_to_task(), fs/pipe.c. */
#include "../contract.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <time.h>

static sigset_t set;

/* Take every signal that is pending; `fd` is what si_fd should be. */
static void arrived(const char *name, int fd)
{
    siginfo_t info;
    struct timespec none = {0, 0};
    char text[256] = "";
    while (sigtimedwait(&set, &info, &none) > 0) {
        int number = info.si_signo;
        char *end = text + strlen(text);
        if (info.si_code == SI_KERNEL)
            sprintf(end, " %s from the kernel", number == SIGIO ? "SIGIO" : "another");
        else
            sprintf(end, " %s code %d band %lx fd %d", number == SIGIO ? "SIGIO" :
                    number == SIGUSR1 ? "SIGUSR1" : "SIGRTMIN", info.si_code, info.si_band,
                    info.si_fd == fd);
    }
    step(name, "%s", *text ? text + 1 : "nothing");
}

int main(void)
{
    int ends[2], on = 1, off = 0;
    char data[16] = "";
    setpgid(0, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGIO);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN);
    expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0 && pipe2(ends, O_NONBLOCK) == 0, "setup");
    expect(fcntl(ends[0], F_SETFL, O_NONBLOCK | O_ASYNC) == 0, "O_ASYNC");
    expect(write(ends[1], "a", 1) == 1, "write");
    arrived("no owner", ends[0]);
    expect(fcntl(ends[0], F_SETOWN, getpid()) == 0, "F_SETOWN");
    expect(write(ends[1], "b", 1) == 1, "write");
    arrived("written to", ends[0]);
    expect(write(ends[1], "c", 1) == 1 && write(ends[1], "d", 1) == 1, "write");
    arrived("two writes coalesce", ends[0]);
    expect(read(ends[0], data, 1) == 1, "read");
    arrived("reading tells the reader nothing", ends[0]);
    expect(fcntl(ends[0], F_SETSIG, SIGIO) == 0 && write(ends[1], "e", 1) == 1, "F_SETSIG");
    arrived("F_SETSIG SIGIO", ends[0]);
    expect(fcntl(ends[0], F_SETSIG, SIGUSR1) == 0 && write(ends[1], "f", 1) == 1, "F_SETSIG");
    arrived("F_SETSIG SIGUSR1", ends[0]);
    expect(fcntl(ends[0], F_SETSIG, SIGRTMIN) == 0, "F_SETSIG");
    expect(write(ends[1], "g", 1) == 1 && write(ends[1], "h", 1) == 1, "write");
    arrived("real-time signals queue", ends[0]);
    int copy = dup(ends[0]);
    expect(write(ends[1], "i", 1) == 1, "write");
    arrived("a copy is not told of", ends[0]);
    close(copy);
    expect(fcntl(ends[0], F_SETSIG, 0) == 0, "F_SETSIG");
    expect(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 && write(ends[1], "j", 1) == 1, "off");
    arrived("O_ASYNC off", ends[0]);
    expect(ioctl(ends[1], FIOASYNC, &on) == 0 && fcntl(ends[1], F_SETOWN, getpid()) == 0, "on");
    step("FIOASYNC set O_ASYNC", "%d", !!(fcntl(ends[1], F_GETFL) & O_ASYNC));
    expect(fcntl(ends[1], F_SETSIG, SIGIO) == 0, "F_SETSIG");
    expect(write(ends[1], "k", 1) == 1, "write");
    arrived("writing tells the writer nothing", ends[1]);
    expect(read(ends[0], data, 1) == 1, "read");
    arrived("read from", ends[1]);
    expect(ioctl(ends[1], FIOASYNC, &off) == 0 && read(ends[0], data, 1) == 1, "off");
    arrived("FIOASYNC off", ends[1]);
    expect(ioctl(ends[1], FIOASYNC, &on) == 0, "on");
    pid_t pid = fork();
    if (pid == 0)
        _exit(read(ends[0], data, 1) != 1);
    wait_for_success(pid);
    arrived("another process reads", ends[1]);
    close(ends[0]);
    arrived("the reader closes", ends[1]);
    expect(pipe2(ends, O_NONBLOCK) == 0, "pipe2");
    expect(fcntl(ends[0], F_SETFL, O_ASYNC) == 0, "O_ASYNC");
    expect(fcntl(ends[0], F_SETSIG, SIGIO) == 0, "F_SETSIG");
    expect(fcntl(ends[0], F_SETOWN, -getpgrp()) == 0, "F_SETOWN");
    close(ends[1]);
    arrived("the writer closes, owner is a group", ends[0]);
    int file = open("file", O_RDWR | O_CREAT, 0600);
    step_result("a file takes the flag", fcntl(file, F_SETFL, O_ASYNC));
    step("but not for long", "%d", !!(fcntl(file, F_GETFL) & O_ASYNC));
    expect_errno(ioctl(file, FIOASYNC, &on), ENOTTY, "FIOASYNC of a file");
    step_result("turning off what is off", ioctl(file, FIOASYNC, &off));
    contract_pass();
}
