/* Contract: UDP over the loopback: datagrams stay whole, come with their source, and wait in
 * order; connect() filters by source and fixes the destination, AF_UNSPEC undoes it; too large
 * is EMSGSIZE, no destination EDESTADDRREQ, port 0 EINVAL. IP_PKTINFO, IP_RECVTTL tell more.
 * Source: udp(7), ip(7); net/ipv4/udp.c. */
#include "../contract.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static char block[70000];

static int bound(struct sockaddr_in *name)
{
    socklen_t size = sizeof *name;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    *name = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    expect(bind(fd, (void *)name, sizeof *name) == 0, "bind");
    expect(getsockname(fd, (void *)name, &size) == 0, "getsockname");
    return fd;
}

int main(void)
{
    struct sockaddr_in a_name, b_name, from;
    socklen_t size = sizeof from;
    int a = bound(&a_name), b = bound(&b_name), waiting;
    char text[16] = "";
    expect_errno(send(a, "x", 1, 0), EDESTADDRREQ, "no destination");
    expect_errno(recv(a, text, 1, 0), EAGAIN, "nothing there");
    step_result("sendto", sendto(a, "hello", 5, 0, (void *)&b_name, sizeof b_name));
    step_result("an empty one", sendto(a, "", 0, 0, (void *)&b_name, sizeof b_name));
    step_result("MSG_MORE", sendto(a, "one", 3, MSG_MORE, (void *)&b_name, sizeof b_name));
    step_result("and the rest", sendto(a, "two", 3, 0, (void *)&b_name, sizeof b_name));
    expect(ioctl(b, FIONREAD, &waiting) == 0, "FIONREAD");
    step("waiting", "%d", waiting);
    step_result("peek", recv(b, text, 2, MSG_PEEK | MSG_TRUNC));
    step_result("recvfrom 3", recvfrom(b, text, 3, MSG_TRUNC, (void *)&from, &size));
    step("from", "%d, length %u", from.sin_port == a_name.sin_port, size);
    step_result("the empty one", recv(b, text, 3, 0));
    step_result("the corked one", recv(b, text, 16, 0));
    step("text", "%.6s", text);

    step_result("connect", connect(b, (void *)&a_name, sizeof a_name));
    int c = socket(AF_INET, SOCK_DGRAM, 0);
    expect(sendto(c, "stranger", 8, 0, (void *)&b_name, sizeof b_name) == 8, "sendto");
    expect(sendto(a, "friend", 6, 0, (void *)&b_name, sizeof b_name) == 6, "sendto");
    step_result("only from the peer", recv(b, text, 16, 0));
    expect_errno(recv(b, text, 16, 0), EAGAIN, "nothing else");
    step_result("send", send(b, "x", 1, 0));
    step_result("elsewhere", sendto(b, "y", 1, 0, (void *)&b_name, sizeof b_name));
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    step_result("AF_UNSPEC", connect(b, &none, sizeof none));
    size = sizeof from;
    expect(getsockname(b, (void *)&from, &size) == 0, "getsockname");
    step("a port that bind() chose is lost, the address is not", "%d %#x", ntohs(from.sin_port),
         ntohl(from.sin_addr.s_addr));
    expect_errno(send(b, "x", 1, 0), EDESTADDRREQ, "disconnected");
    expect(getsockname(b, (void *)&from, &size) == 0, "getsockname");
    step("even a failing send chooses one", "%d", from.sin_port != 0);
    size = sizeof from;
    expect_errno(getpeername(b, (void *)&from, &size), ENOTCONN, "getpeername");
    close(b);
    b = bound(&b_name);
    step_result("65507 bytes", sendto(a, block, 65507, 0, (void *)&b_name, sizeof b_name));
    expect_errno(sendto(a, block, 65508, 0, (void *)&b_name, sizeof b_name), EMSGSIZE, "65508");
    step_result("received", recv(b, block, sizeof block, 0));
    from = b_name;
    from.sin_port = 0;
    expect_errno(sendto(a, "x", 1, 0, (void *)&from, sizeof from), EINVAL, "port 0");
    from.sin_family = AF_UNIX;
    expect_errno(sendto(a, "x", 1, 0, (void *)&from, sizeof from), EAFNOSUPPORT, "family");
    from = b_name;
    from.sin_addr.s_addr = htonl(0x7fffffff);
    expect_errno(sendto(a, "x", 1, 0, (void *)&from, sizeof from), EACCES, "broadcast");
    expect_errno(sendto(a, "x", 1, MSG_OOB, (void *)&b_name, sizeof b_name), EOPNOTSUPP, "MSG_OOB");

    int one = 1, ttl = 42;
    expect(setsockopt(b, IPPROTO_IP, IP_PKTINFO, &one, sizeof one) == 0, "IP_PKTINFO");
    expect(setsockopt(b, IPPROTO_IP, IP_RECVTTL, &one, sizeof one) == 0, "IP_RECVTTL");
    expect(setsockopt(a, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl) == 0, "IP_TTL");
    expect(sendto(a, "info", 4, 0, (void *)&b_name, sizeof b_name) == 4, "sendto");
    char control[128];
    struct iovec piece = {text, 16};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof control};
    step_result("recvmsg", recvmsg(b, &message, 0));
    for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at; at = CMSG_NXTHDR(&message, at))
        if (at->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(at), sizeof info);
            step("IP_PKTINFO", "interface %d, address %s", info.ipi_ifindex, inet_ntoa(info.ipi_addr));
        } else {
            int value;
            memcpy(&value, CMSG_DATA(at), sizeof value);
            step("IP_TTL", "%d %d", at->cmsg_type == IP_TTL, value);
        }
    contract_pass();
}
