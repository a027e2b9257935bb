/* Contract: a receiver with SO_PASSCRED gets SCM_CREDENTIALS with each message: what the sender
 * put in, or else its pid and real ids; bytes of different senders are not glued. A message
 * sent before SO_PASSCRED was set is from nobody. Lying needs privileges (EPERM), a process
 * that is not there is ESRCH.
 * Requires: root
 * Source: unix(7); net/core/scm.c:scm_check_creds(), unix_maybe_add_creds(). */
#include "../contract.h"
#include <sys/socket.h>

static int pair[2];

static long send_as(const char *text, pid_t pid, uid_t uid, gid_t gid)
{
    char control[CMSG_SPACE(sizeof(struct ucred))] = "";
    struct ucred who = {pid, uid, gid};
    struct iovec piece = {(char *)text, strlen(text)};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_CREDENTIALS;
    header->cmsg_len = CMSG_LEN(sizeof who);
    memcpy(CMSG_DATA(header), &who, sizeof who);
    return sendmsg(pair[0], &message, 0);
}

static void take(size_t room)
{
    char control[128], text[32] = "";
    struct ucred who = {-1, -1, -1};
    struct iovec piece = {text, sizeof text - 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = room};
    ssize_t got = recvmsg(pair[1], &message, MSG_DONTWAIT);
    if (got < 0) {
        step("received", "%s", errno_name(errno));
        return;
    }
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    step("received", "'%s', control length %zu, flags %#x", text, (size_t)message.msg_controllen,
         message.msg_flags);
    if (header && header->cmsg_len == CMSG_LEN(sizeof who)) {
        memcpy(&who, CMSG_DATA(header), sizeof who);
        step("from", "%s, uid %d, gid %d", who.pid == getpid() ? "this process"
             : who.pid == 1 ? "init" : who.pid ? "another" : "nobody", who.uid, who.gid);
    }
}

int main(void)
{
    int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET}, one = 1;
    for (int i = 0; i < 3; i++) {
        expect(socketpair(AF_UNIX, types[i], 0, pair) == 0, "socketpair");
        step_result("told to who does not ask", send_as("aa", getpid(), 0, 0));
        take(128);
        expect(send(pair[0], "early", 5, 0) == 5, "send");
        expect(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof one) == 0, "PASSCRED");
        expect(send(pair[0], "late", 4, 0) == 4, "send");
        expect(send_as("root", getpid(), 7, 8) == 4, "send_as");
        expect(send_as("init", 1, 0, 0) == 4, "send_as");
        expect(send_as("more", 1, 0, 0) == 4, "send_as");
        for (int j = 0; j < 5; j++)
            take(128);
        expect(send(pair[0], "cut", 3, 0) == 3, "send");
        take(CMSG_LEN(4));
        expect(send(pair[0], "none", 4, 0) == 4, "send");
        take(0);
        expect_errno(send_as("x", 0x7ffffff, 0, 0), ESRCH, "no such process");
        expect_errno(send_as("x", getpid(), -1, 0), EINVAL, "no such uid");
        pid_t child = fork();
        if (child == 0) {
            expect(setresgid(11, 12, 13) == 0 && setresuid(21, 22, 23) == 0, "ids");
            expect(send(pair[0], "child", 5, 0) == 5, "send");
            expect(send_as("saved", getpid(), 23, 12) == 5, "saved and effective ids");
            expect_errno(send_as("x", getpid(), 0, 11), EPERM, "another uid");
            expect_errno(send_as("x", getpid(), 21, 0), EPERM, "another gid");
            expect_errno(send_as("x", getppid(), 21, 11), EPERM, "another pid");
            _exit(0);
        }
        wait_for_success(child);
        take(128);
        take(128);
        take(128);
        close(pair[0]);
        close(pair[1]);
    }
    contract_pass();
}
