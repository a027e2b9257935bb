/* Contract: raw sockets need CAP_NET_RAW (EPERM), but a protocol of 0 is EPROTONOSUPPORT before
 * that is looked at; so do packet sockets; ports below 1024 need CAP_NET_BIND_SERVICE (EACCES); SO_DEBUG, forced
 * buffers and high priorities need CAP_NET_ADMIN.
 * Requires: root
 * Source: raw(7), ip(7), socket(7); inet_create(), __inet_bind(), sk_setsockopt(). */
#include "../contract.h"
#include <netinet/in.h>
#include <sys/socket.h>

int main(void)
{
    expect(setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0, "ids");
    expect_errno(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), EPERM, "raw icmp");
    expect_errno(socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6), EPERM, "raw icmpv6");
    expect_errno(socket(AF_INET, SOCK_RAW, 0), EPROTONOSUPPORT, "raw, protocol 0");
    expect_errno(socket(AF_PACKET, SOCK_DGRAM, 0), EPERM, "AF_PACKET");
    expect_errno(socket(AF_PACKET, SOCK_STREAM, 0), EPERM, "AF_PACKET, a type it lacks");
    expect_errno(socket(AF_INET, SOCK_PACKET, 0), EPERM, "SOCK_PACKET");
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1, big = 100000, none = 0;
    struct sockaddr_in low = {.sin_family = AF_INET, .sin_port = htons(1023)};
    expect_errno(bind(fd, (void *)&low, sizeof low), EACCES, "port 1023");
    low.sin_addr.s_addr = htonl(0x08080808);
    expect_errno(bind(fd, (void *)&low, sizeof low), EADDRNOTAVAIL, "foreign address first");
    expect_errno(setsockopt(fd, SOL_SOCKET, SO_DEBUG, &one, sizeof one), EACCES, "SO_DEBUG");
    expect(setsockopt(fd, SOL_SOCKET, SO_DEBUG, &none, sizeof none) == 0, "SO_DEBUG off");
    expect_errno(setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof big), EPERM,
                 "SO_SNDBUFFORCE");
    expect_errno(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof big), EPERM,
                 "SO_RCVBUFFORCE");
    int six = 6, seven = 7;
    expect(setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &six, sizeof six) == 0, "priority 6");
    expect_errno(setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &seven, sizeof seven), EPERM,
                 "priority 7");
    expect_errno(setsockopt(fd, SOL_SOCKET, SO_MARK, &one, sizeof one), EPERM, "SO_MARK");
    step_result("netlink", socket(AF_NETLINK, SOCK_RAW, 0) >= 0 ? 0 : -1);
    contract_pass();
}
