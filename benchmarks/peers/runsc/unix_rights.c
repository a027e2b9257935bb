/* Descriptors and credentials in messages of AF_UNIX. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int pair[2];

static long give(const char *text, int type, const void *what, size_t size, size_t room)
{
    char control[64] = "";
    struct iovec piece = {(char *)text, strlen(text)};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = room ? room : CMSG_SPACE(size)};
    struct cmsghdr *header = (struct cmsghdr *)control;
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = type;
    header->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(header), what, size);
    return sendmsg(pair[0], &message, 0);
}

static char control[64];

static void take(const char *what, size_t room, int flags)
{
    char text[32];
    struct iovec piece = {text, sizeof text};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = room};
    long got = recvmsg(pair[1], &message, flags);
    printf("%s: %ld bytes, %zu of control, flags %#x\n", what, got, message.msg_controllen,
           message.msg_flags);
}

int main(void)
{
    int files[2] = {0, 0}, on = 1, ends[2];
    char byte;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || pipe(ends))
        return 1;
    send(pair[0], "aa", 2, 0);
    give("bb", SCM_RIGHTS, files, 4, 0);
    take("a peek over a piece with rights", 64, MSG_PEEK);
    recv(pair[1], control, 64, MSG_DONTWAIT);
    give("x", SCM_RIGHTS, files, 4, 0);
    take("MSG_CMSG_CLOEXEC", 64, MSG_CMSG_CLOEXEC);
    give("x", SCM_RIGHTS, files, 8, 0);
    take("room for one descriptor and a half", CMSG_LEN(6), 0);
    printf("control shorter than a header: %ld\n", give("x", SCM_RIGHTS, files, 4, 15));
    recv(pair[1], control, 64, MSG_DONTWAIT);
    setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    give("x", SCM_CREDENTIALS, &(struct ucred){1, 2, 3}, sizeof(struct ucred), 0);
    take("credentials", 64, 0);
    struct ucred *told = (void *)CMSG_DATA((struct cmsghdr *)control);
    printf("sent as process 1, user 2, group 3: process %d, user %d, group %d\n",
           told->pid == 1, told->uid, told->gid);
    socklen_t size = sizeof *told;
    getsockopt(socket(AF_UNIX, SOCK_STREAM, 0), SOL_SOCKET, SO_PEERCRED, told, &size);
    printf("SO_PEERCRED of what is not connected: user %d\n", told->uid);

    give("x", SCM_RIGHTS, &ends[1], 4, 0);
    give("x", SCM_RIGHTS, &pair[0], 4, 0);
    give("x", SCM_RIGHTS, &pair[1], 4, 0);
    close(ends[1]);
    close(pair[0]);
    close(pair[1]);
    close(socket(AF_UNIX, SOCK_STREAM, 0)); /* Linux looks for garbage then */
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    usleep(200000);
    long got = read(ends[0], &byte, 1);
    printf("pipe that was in a circle of sockets: %s\n", got ? strerrorname_np(errno) : "its end");
}
