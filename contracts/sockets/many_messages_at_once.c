/* Contract: sendmmsg() and recvmmsg() do several messages and return how many; msg_len of each
 * tells its size. What fails after the first is not lost: the call returns the count, an error
 * of receiving comes with the next call. MSG_WAITFORONE waits for the first only. An empty
 * vector is 0.
 * Source: sendmmsg(2), recvmmsg(2); net/socket.c. */
#include "../contract.h"
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

int main(void)
{
    int pair[2], stream[2];
    char text[4][8] = {"one", "two22", "three33", ""}, room[4][8];
    struct mmsghdr messages[4] = {0};
    struct iovec pieces[4];
    for (int i = 0; i < 4; i++) {
        pieces[i] = (struct iovec){text[i], strlen(text[i])};
        messages[i].msg_hdr.msg_iov = &pieces[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        messages[i].msg_len = 99;
    }
    expect(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0, "socketpair");
    step_result("sendmmsg", sendmmsg(pair[0], messages, 4, 0));
    step("lengths", "%u %u %u %u", messages[0].msg_len, messages[1].msg_len, messages[2].msg_len,
         messages[3].msg_len);
    step_result("sendmmsg of none", sendmmsg(pair[0], messages, 0, 0));
    for (int i = 0; i < 4; i++) {
        pieces[i] = (struct iovec){room[i], 5};
        messages[i].msg_hdr.msg_flags = 0x5555;
    }
    step_result("recvmmsg of 3", recvmmsg(pair[1], messages, 3, 0, NULL));
    for (int i = 0; i < 3; i++)
        step("message", "%u '%.*s' flags %#x", messages[i].msg_len, (int)messages[i].msg_len,
             room[i], messages[i].msg_hdr.msg_flags);
    step_result("MSG_WAITFORONE", recvmmsg(pair[1], messages, 4, MSG_WAITFORONE, NULL));
    expect_errno(recvmmsg(pair[1], messages, 4, MSG_DONTWAIT, NULL), EAGAIN, "nothing there");
    step_result("recvmmsg of none", recvmmsg(pair[1], messages, 0, MSG_DONTWAIT, NULL));
    expect(send(pair[0], "x", 1, 0) == 1, "send");
    struct timespec time = {0, 0};
    step_result("no time: one message", recvmmsg(pair[1], messages, 4, 0, &time));
    time.tv_nsec = 1000000000;
    expect_errno(recvmmsg(pair[1], messages, 4, 0, &time), EINVAL, "no time at all");

    pieces[0] = (struct iovec){text[0], 3};
    pieces[1] = (struct iovec){(void *)8, 3};
    step_result("the second is bad", sendmmsg(pair[0], messages, 3, 0));
    expect_errno(sendmmsg(pair[0], messages + 1, 3, 0), EFAULT, "the first is bad");
    step_result("what arrived", recv(pair[1], room[0], 8, 0));

    expect(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, stream) == 0, "socketpair");
    expect(write(stream[1], "unread", 6) == 6 && write(stream[0], "a", 1) == 1, "write");
    pieces[0] = (struct iovec){room[0], 8};
    pieces[1] = (struct iovec){room[1], 8};
    step_result("one, then it would wait", recvmmsg(stream[1], messages, 2, MSG_DONTWAIT, NULL));
    close(stream[0]);
    expect_errno(recvmmsg(stream[1], messages, 2, 0, NULL), ECONNRESET, "reset");
    step_result("then the end", recvmmsg(stream[1], messages, 1, 0, NULL));
    step("its length", "%u", messages[0].msg_len);
    contract_pass();
}
