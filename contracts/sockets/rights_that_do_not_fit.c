/* Contract: descriptors for which there is no room are closed and MSG_CTRUNC says so: a control
 * buffer too small, none at all, no free descriptor, or a plain read(). A buffer for two gets
 * two.
 * Source: unix(7), recv(2); net/core/scm.c:scm_detach_fds(), put_cmsg(). */
#include "../contract.h"
#include <sys/resource.h>
#include <sys/socket.h>

static int pair[2], ends[2];

static void give(int count)
{
    char control[CMSG_SPACE(4 * sizeof(int))] = "";
    struct iovec piece = {"x", 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = CMSG_SPACE(sizeof(int) * count)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * count);
    expect(pipe(ends) == 0, "pipe");
    for (int i = 0; i < count; i++)
        memcpy(CMSG_DATA(header) + i * sizeof(int), &ends[1], sizeof(int));
    expect(sendmsg(pair[0], &message, 0) == 1, "sendmsg");
    close(ends[1]);
}

static void take(const char *name, size_t room, int give_buffer)
{
    char control[256], byte;
    int files[4], free_before = dup(0);
    close(free_before);
    struct iovec piece = {&byte, 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1,
                             .msg_control = give_buffer ? control : NULL, .msg_controllen = room};
    memset(control, 0x55, sizeof control);
    expect(recvmsg(pair[1], &message, 0) == 1, "recvmsg");
    struct cmsghdr *header = (struct cmsghdr *)control;
    int count = 0;
    if (message.msg_controllen) {
        count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(files, CMSG_DATA(header), sizeof(int) * count);
    }
    step(name, "%d descriptors, control length %zu%s", count, (size_t)message.msg_controllen,
         message.msg_flags & MSG_CTRUNC ? ", MSG_CTRUNC" : "");
    for (int i = 0; i < count; i++)
        close(files[i]);
    step_result("all closed: end of the pipe", read(ends[0], &byte, 1));
    close(ends[0]);
    int free_after = dup(0);
    close(free_after);
    step("descriptors left", "%d", free_after - free_before + 1);
}

int main(void)
{
    char byte;
    expect(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
    give(3);
    take("room for three", CMSG_SPACE(3 * sizeof(int)), 1);
    give(3);
    take("room for two", CMSG_LEN(2 * sizeof(int)), 1);
    give(3);
    take("room for one and a half", CMSG_LEN(sizeof(int)) + 2, 1);
    give(3);
    take("room for a header", sizeof(struct cmsghdr), 1);
    give(3);
    take("room for half a header", 8, 1);
    give(1);
    take("no buffer", 0, 0);
    give(1);
    step_result("read", read(pair[1], &byte, 1));
    step_result("closed by it", read(ends[0], &byte, 1));
    close(ends[0]);
    give(1);
    step_result("recv", recv(pair[1], &byte, 1, 0));
    step_result("closed by it", read(ends[0], &byte, 1));
    close(ends[0]);

    give(3);
    int lowest = dup(0);
    close(lowest);
    struct rlimit limit;
    expect(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
    limit.rlim_cur = lowest + 2;
    expect(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
    take("two free descriptors", CMSG_SPACE(3 * sizeof(int)), 1);
    contract_pass();
}
