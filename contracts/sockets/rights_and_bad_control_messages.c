/* Contract: sendmsg() refuses a control message that is shorter than its header or longer than
 * the buffer (EINVAL), descriptors that are not open (EBADF), more than 253 of them, an unknown
 * SOL_SOCKET type (EINVAL); other levels are passed over. Nothing is sent then. Too many
 * pieces are EMSGSIZE, too much control data ENOBUFS, a bad pointer EFAULT.
 * Source: sendmsg(2), unix(7); net/core/scm.c:__scm_send(), net/socket.c:____sys_sendmsg(). */
#include "../contract.h"
#include <sys/socket.h>
#include <sys/uio.h>

static int pair[2];
static char control[4096];

static long try(int level, int type, size_t length, size_t room)
{
    struct iovec piece = {"x", 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = room};
    struct cmsghdr *header = (struct cmsghdr *)control;
    header->cmsg_level = level;
    header->cmsg_type = type;
    header->cmsg_len = length;
    return syscall(SYS_sendmsg, pair[0], &message, 0);
}

int main(void)
{
    char byte;
    expect(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair) == 0, "socketpair");
    int *files = (int *)(control + CMSG_LEN(0));
    for (int i = 0; i < 260; i++)
        files[i] = 1;
    step_result("a header alone", try(SOL_SOCKET, SCM_RIGHTS, CMSG_LEN(0), CMSG_LEN(0)));
    expect_errno(try(SOL_SOCKET, SCM_RIGHTS, CMSG_LEN(0) - 1, 64), EINVAL, "too short");
    expect_errno(try(SOL_SOCKET, SCM_RIGHTS, 65, 64), EINVAL, "longer than the buffer");
    step_result("buffer shorter than a header", try(SOL_SOCKET, SCM_RIGHTS, 0, 15));
    step_result("253 descriptors", try(SOL_SOCKET, SCM_RIGHTS, CMSG_LEN(253 * 4), CMSG_LEN(253 * 4)));
    expect_errno(try(SOL_SOCKET, SCM_RIGHTS, CMSG_LEN(254 * 4), CMSG_LEN(254 * 4)), EINVAL, "254");
    expect_errno(try(SOL_SOCKET, 77, CMSG_LEN(4), CMSG_LEN(4)), EINVAL, "unknown type");
    step_result("unknown level", try(77, 77, CMSG_LEN(4), CMSG_LEN(4)));
    files[0] = 999;
    expect_errno(try(SOL_SOCKET, SCM_RIGHTS, CMSG_LEN(4), CMSG_LEN(4)), EBADF, "not open");
    files[0] = -1;
    expect_errno(try(SOL_SOCKET, SCM_RIGHTS, CMSG_LEN(4), CMSG_LEN(4)), EBADF, "-1");
    expect_errno(try(SOL_SOCKET, SCM_CREDENTIALS, CMSG_LEN(11), CMSG_LEN(11)), EINVAL,
                 "short credentials");
    int count = 0;
    while (recv(pair[1], &byte, 1, 0) == 1)
        count++;
    step("messages that arrived", "%d", count);

    struct iovec pieces[1] = {{"x", 1}};
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 1025};
    expect_errno(syscall(SYS_sendmsg, pair[0], &message, 0), EMSGSIZE, "1025 pieces");
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = 1 << 30;
    expect_errno(syscall(SYS_sendmsg, pair[0], &message, 0), ENOBUFS, "a gigabyte of control");
    message.msg_controllen = 64;
    message.msg_control = (void *)8;
    expect_errno(syscall(SYS_sendmsg, pair[0], &message, 0), EFAULT, "bad control pointer");
    expect_errno(syscall(SYS_sendmsg, pair[0], (void *)8, 0), EFAULT, "bad message pointer");
    message.msg_control = NULL;
    message.msg_controllen = 0;
    message.msg_name = control;
    message.msg_namelen = -1;
    expect_errno(syscall(SYS_sendmsg, pair[0], &message, 0), EINVAL, "negative name length");
    pieces[0].iov_base = (void *)8;
    message.msg_name = NULL;
    expect_errno(syscall(SYS_sendmsg, pair[0], &message, 0), EFAULT, "bad data pointer");
    int file = open("file", O_RDWR | O_CREAT, 0600);
    expect_errno(send(file, "x", 1, 0), ENOTSOCK, "no socket");
    expect_errno(send(999, "x", 1, 0), EBADF, "no descriptor");
    contract_pass();
}
