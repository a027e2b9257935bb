/* What the contracts of seccomp's user notification share: a child whose calls a listener
 * decides about. */
#ifndef KEVLAR_SECCOMP_NOTIFY_H
#define KEVLAR_SECCOMP_NOTIFY_H

#include "seccomp.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* Install a filter that asks a listener about call `number`; the listener's descriptor. */
__attribute__((unused))
static int listen_to(int number, unsigned flags)
{
    struct sock_filter code[] = {
        LOAD(nr),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
        RETURN(SECCOMP_RET_USER_NOTIF),
        RETURN(SECCOMP_RET_ALLOW),
    };
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return (int)set_filter(SECCOMP_FILTER_FLAG_NEW_LISTENER | flags, code, LENGTH(code));
}

__attribute__((unused))
static void send_descriptor(int over, int fd)
{
    union { struct cmsghdr head; char space[CMSG_SPACE(sizeof fd)]; } control = {0};
    struct iovec iov = {"x", 1};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
                         .msg_controllen = sizeof control};
    control.head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET,
                                    .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
    expect(sendmsg(over, &msg, 0) == 1, "sendmsg");
}

__attribute__((unused))
static int receive_descriptor(int over)
{
    int fd = -1;
    char byte;
    union { struct cmsghdr head; char space[CMSG_SPACE(sizeof fd)]; } control = {0};
    struct iovec iov = {&byte, 1};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
                         .msg_controllen = sizeof control};
    expect(recvmsg(over, &msg, 0) == 1, "recvmsg");
    memcpy(&fd, CMSG_DATA(&control.head), sizeof fd);
    return fd;
}

/* A child in which calls of `number` are the listener's to decide and that runs `body`. */
__attribute__((unused))
static pid_t child_under(int number, unsigned flags, int *listener, void (*body)(void))
{
    int pair[2];
    expect(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(pair[0]);
        int fd = listen_to(number, flags);
        expect(fd >= 0, "listener");
        send_descriptor(pair[1], fd);
        close(fd);
        close(pair[1]);
        body();
        fflush(stdout);
        _exit(0);
    }
    close(pair[1]);
    *listener = receive_descriptor(pair[0]);
    close(pair[0]);
    return child;
}

__attribute__((unused))
static struct seccomp_notif receive(int listener)
{
    struct seccomp_notif request;
    memset(&request, 0, sizeof request);
    expect(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) == 0, "receive");
    return request;
}

__attribute__((unused))
static int answer(int listener, unsigned long long id, long long value, int error, unsigned flags)
{
    struct seccomp_notif_resp response = {.id = id, .val = value, .error = error, .flags = flags};
    return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

__attribute__((unused))
static void end_of(pid_t child)
{
    int status;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("the child's status", "%x", status);
}

#endif
