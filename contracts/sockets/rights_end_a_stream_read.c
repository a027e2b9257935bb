/* Contract: on a stream, reading does not go past a message that carries descriptors: bytes
 * before it are glued to it, what follows waits for the next read; the descriptors come with
 * the first of its bytes. An empty message carries none on a stream, but does on datagrams.
 * Source: unix(7); af_unix.c:unix_stream_read_generic(), unix_stream_sendmsg(). */
#include "../contract.h"
#include <sys/socket.h>

static int pair[2];

static void give(const char *text, int file)
{
    char control[CMSG_SPACE(sizeof(int))] = "";
    struct iovec piece = {(char *)text, strlen(text)};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    if (file >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &file, sizeof file);
    }
    step_result("sent", sendmsg(pair[0], &message, 0));
}

static void take(size_t size, int flags)
{
    char control[64], text[32] = "";
    struct iovec piece = {text, size};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t got = recvmsg(pair[1], &message, flags);
    step("received", "%zd '%s' %s", got, text, message.msg_controllen ? "with a file" : "");
    if (message.msg_controllen) {
        int file;
        memcpy(&file, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof file);
        close(file);
    }
}

int main(void)
{
    expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0, "socketpair");
    give("aa", -1);
    give("bb", 1);
    give("cc", -1);
    give("dd", 1);
    give("ee", 1);
    take(31, MSG_PEEK);
    take(31, 0);
    take(31, 0);
    take(31, MSG_WAITALL);
    give("ffff", 1);
    take(2, 0);
    take(31, 0);
    give("", 1);
    give("gg", -1);
    take(31, 0);
    close(pair[0]);
    close(pair[1]);
    expect(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair) == 0, "socketpair");
    give("", 1);
    take(31, 0);
    contract_pass();
}
