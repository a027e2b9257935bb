/* Flags, options and arguments of the calls about sockets. */
#define _GNU_SOURCE
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void told(const char *what, long got)
{
    printf("%s: %ld%s%s\n", what, got, got < 0 ? " " : "", got < 0 ? strerrorname_np(errno) : "");
}

int main(void)
{
    struct sockaddr_un name = {AF_UNIX, "server"};
    struct ifreq lo = {.ifr_name = "lo"};
    int pair[2], value = 0, server = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    socklen_t size = sizeof name;
    bind(server, (void *)&name, sizeof name);
    listen(server, 1);
    connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&name, sizeof name);
    told("accept to a bad address", accept(server, (void *)8, &size) < 0 ? -1 : 0);
    told("recv of what is not connected", recv(socket(AF_UNIX, SOCK_STREAM, 0), &value, 1, 0));
    told("AF_UNIX, type 0", socket(AF_UNIX, 0, 0));
    told("socketpair of AF_INET", socketpair(AF_INET, SOCK_STREAM, 0, pair));
    told("ftruncate of a socket", ftruncate(server, 0));
    int tcp = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0), segment = 1000;
    told("SIOCATMARK", ioctl(tcp, SIOCATMARK, &value));
    setsockopt(tcp, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
    size = sizeof segment;
    getsockopt(tcp, IPPROTO_TCP, TCP_MAXSEG, &segment, &size);
    printf("TCP_MAXSEG of 1000: %d\n", segment);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    told("MSG_MORE", sendto(udp, "x", 1, MSG_MORE, (void *)&to, sizeof to));
    struct mmsghdr several[1] = {0};
    told("MSG_WAITFORONE", recvmmsg(udp, several, 1, MSG_WAITFORONE | MSG_DONTWAIT, NULL));
    sendto(udp, "x", 1, 0, (void *)&to, sizeof to);
    told("shutdown of udp that has sent, but has no peer", shutdown(udp, SHUT_RDWR));
    struct sockaddr_in6 mapped = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
    mapped.sin6_addr.s6_addr[10] = mapped.sin6_addr.s6_addr[11] = 255;
    mapped.sin6_addr.s6_addr[12] = 127;
    mapped.sin6_addr.s6_addr[15] = 1;
    int six = socket(AF_INET6, SOCK_STREAM, 0), on = 1;
    setsockopt(six, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    told("V6ONLY connects to ::ffff:127.0.0.1", connect(six, (void *)&mapped, sizeof mapped));
    ioctl(udp, SIOCGIFMTU, &lo);
    printf("MTU of lo: %d\n", lo.ifr_mtu);
    struct in_addr loopback = {htonl(INADDR_LOOPBACK)};
    told("IP_MULTICAST_IF of a stream",
         setsockopt(tcp, IPPROTO_IP, IP_MULTICAST_IF, &loopback, sizeof loopback));
    if (unshare(CLONE_NEWNET))
        return 1;
    struct ifreq list[4];
    struct ifconf all = {sizeof list, {(void *)list}};
    ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCGIFCONF, &all);
    printf("addresses in a new network namespace: %d\n", (int)(all.ifc_len / sizeof *list));
    if (setresuid(1000, 1000, 1000))
        return 1;
    told("raw socket of protocol 0, by a user", socket(AF_INET, SOCK_RAW, 0));
}
