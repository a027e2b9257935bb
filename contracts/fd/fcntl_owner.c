/* Contract: F_SETOWN takes a process or, negative, a group that exists (ESRCH); F_SETOWN_EX names
 * a thread, too; F_SETSIG a signal number; ioctl has the same as FIOSETOWN. 0 takes the owner away.
 * Requires: root
 * fcntl(2) "Managing signals"; fs/fcntl.c:f_setown(). */
#include "../contract.h"
#include <sys/ioctl.h>
#include <sys/socket.h>

#ifndef F_SETOWN_EX
#define F_SETOWN_EX 15
#define F_GETOWN_EX 16
struct f_owner_ex { int type; pid_t pid; };
#endif
#ifndef FIOSETOWN
#define FIOSETOWN 0x8901
#define FIOGETOWN 0x8903
#endif

static int fd;
static pid_t me;

static void owner(const char *name)
{
    struct f_owner_ex owner = {9, 9};
    int value = fcntl(fd, F_GETOWN);
    expect(fcntl(fd, F_GETOWN_EX, &owner) == 0, "F_GETOWN_EX");
    step(name, "%s, type %d, %s", value == me ? "me" : value == -me ? "my group" :
         value == 0 ? "nobody" : "other", owner.type,
         owner.pid == me ? "me" : owner.pid == 0 ? "nobody" : "other");
}

int main(void)
{
    int pair[2], value;
    me = getpid();
    expect(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
    fd = pair[0];
    owner("at first");
    step_result("F_SETOWN me", fcntl(fd, F_SETOWN, me));
    owner("set");
    step_result("F_SETOWN my group", fcntl(fd, F_SETOWN, -getpgrp()));
    step("group", "%d", getpgrp() == me);
    owner("set");
    expect_errno(fcntl(fd, F_SETOWN, 0x3fffffff), ESRCH, "nobody's pid");
    expect_errno(fcntl(fd, F_SETOWN, -0x3fffffff), ESRCH, "nobody's group");
    expect_errno(fcntl(fd, F_SETOWN, (int)0x80000000), EINVAL, "INT_MIN");
    owner("unchanged");
    for (int type = 0; type < 3; type++) {
        struct f_owner_ex wanted = {type, me};
        step_result("F_SETOWN_EX", fcntl(fd, F_SETOWN_EX, &wanted));
        owner("set");
    }
    struct f_owner_ex wrong = {3, me}, nobody = {1, 0x3fffffff}, none = {1, 0};
    expect_errno(fcntl(fd, F_SETOWN_EX, &wrong), EINVAL, "type 3");
    expect_errno(fcntl(fd, F_SETOWN_EX, &nobody), ESRCH, "nobody's pid");
    step_result("no owner", fcntl(fd, F_SETOWN_EX, &none));
    owner("taken away");
    expect_errno(fcntl(fd, F_SETOWN_EX, (void *)8), EFAULT, "owner nowhere");
    value = me;
    step_result("FIOSETOWN", ioctl(fd, FIOSETOWN, &value));
    owner("set");
    step_result("FIOGETOWN", ioctl(fd, FIOGETOWN, &value));
    step("value", "%d", value == me);
    pid_t pid = fork();
    if (pid == 0)
        _exit(fcntl(fd, F_SETOWN, getpid()));
    wait_for_success(pid);
    owner("the owner died");
    step_result("F_GETSIG", fcntl(fd, F_GETSIG));
    step_result("F_SETSIG", fcntl(fd, F_SETSIG, SIGUSR1));
    step_result("F_GETSIG", fcntl(fd, F_GETSIG));
    step_result("F_SETSIG 64", fcntl(fd, F_SETSIG, 64));
    expect_errno(fcntl(fd, F_SETSIG, 65), EINVAL, "F_SETSIG 65");
    expect_errno(fcntl(fd, F_SETSIG, -1), EINVAL, "F_SETSIG -1");
    step_result("F_SETSIG 0", fcntl(fd, F_SETSIG, 0));
    fd = open("file", O_RDWR | O_CREAT, 0600);
    step_result("a plain file has an owner, too", fcntl(fd, F_SETOWN, me));
    owner("set");
    contract_pass();
}
