/* Contract: a socket sends to an IPv4 group through the interface that it chose or is bound to; of
 * the sockets at the port those get a copy that joined the group, and the others as long as they
 * leave IP_MULTICAST_ALL on, but nobody if no socket has joined it there.
 * ip(7); net/ipv4/igmp.c:ip_mc_sf_allow(), net/ipv4/udp.c:__udp4_lib_mcast_deliver(). */
#include "contract.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define LO 1
#define ABSENT 0x7ffffff0

static const char *group = "239.255.77.1";

static int choose(int fd, const char *name, const void *value, socklen_t size)
{
    unsigned char got[4] = {0};
    socklen_t length = sizeof got;
    int result = setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, value, size);
    step_result(name, result);
    expect(!getsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, got, &length), "IP_MULTICAST_IF");
    step("  now", "%d.%d.%d.%d", got[0], got[1], got[2], got[3]);
    return result;
}

static struct ip_mreqn request(const char *to, const char *address, int index)
{
    struct ip_mreqn value = {.imr_ifindex = index};
    value.imr_multiaddr.s_addr = inet_addr(to);
    value.imr_address.s_addr = inet_addr(address);
    return value;
}

static void member(int fd, const char *name, int option, struct ip_mreqn value, socklen_t size)
{
    step_result(name, setsockopt(fd, IPPROTO_IP, option, &value, size));
}

static int receiver(const char *address, unsigned short *port)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(*port)};
    socklen_t length = sizeof name;
    int on = 1, fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    name.sin_addr.s_addr = inet_addr(address);
    expect(!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
    expect(!bind(fd, (struct sockaddr *)&name, sizeof name), "bind");
    expect(!getsockname(fd, (struct sockaddr *)&name, &length), "getsockname");
    *port = ntohs(name.sin_port);
    return fd;
}

static void send_to_group(int fd, unsigned short port, const char *text)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = inet_addr(group);
    step_result(text, sendto(fd, text, strlen(text), 0, (struct sockaddr *)&to, sizeof to));
}

static void got(const char *who, int fd)
{
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    char text[32] = "";
    ssize_t size = recvfrom(fd, text, sizeof text - 1, 0, (struct sockaddr *)&from, &length);
    if (size < 0)
        step_result(who, size);
    else
        step(who, "%s from %s", text, inet_ntoa(from.sin_addr));
}

static void choices(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0), stream = socket(AF_INET, SOCK_STREAM, 0);
    struct in_addr any = {0}, lo = {htonl(INADDR_LOOPBACK)}, other = {inet_addr("192.0.2.1")};
    struct ip_mreqn by_index = request(group, "0.0.0.0", LO);
    choose(fd, "address of lo", &lo, sizeof lo);
    choose(fd, "address of nobody", &other, sizeof other);
    choose(fd, "too short", &lo, 3);
    choose(fd, "any", &any, sizeof any);
    choose(fd, "by index", &by_index, sizeof by_index);
    by_index = request(group, "127.0.0.5", LO);
    choose(fd, "by index, with an address", &by_index, sizeof by_index);
    by_index = request(group, "127.0.0.1", ABSENT);
    choose(fd, "no such index", &by_index, sizeof by_index);
    by_index = request(group, "127.0.0.7", ABSENT);
    choose(fd, "without room for an index", &by_index, sizeof(struct ip_mreq));
    choose(stream, "a stream", &lo, sizeof lo);
    close(fd);
    close(stream);
}

static void memberships(int fd)
{
    socklen_t size = sizeof(struct ip_mreqn);
    member(fd, "no group", IP_ADD_MEMBERSHIP, request("127.0.0.1", "0.0.0.0", LO), size);
    member(fd, "no interface", IP_ADD_MEMBERSHIP, request(group, "0.0.0.0", ABSENT), size);
    member(fd, "nobody's address", IP_ADD_MEMBERSHIP, request(group, "192.0.2.1", 0), size);
    member(fd, "too short", IP_ADD_MEMBERSHIP, request(group, "127.0.0.1", 0), 7);
    member(fd, "not joined", IP_DROP_MEMBERSHIP, request(group, "127.0.0.1", LO), size);
    member(fd, "join", IP_ADD_MEMBERSHIP, request(group, "127.0.0.1", 0), sizeof(struct ip_mreq));
    member(fd, "join again", IP_ADD_MEMBERSHIP, request(group, "0.0.0.0", LO), size);
    member(fd, "leave nobody's", IP_DROP_MEMBERSHIP, request(group, "192.0.2.1", 0), size);
    member(fd, "leave", IP_DROP_MEMBERSHIP, request(group, "127.0.0.2", 0), size);
    member(fd, "join", IP_ADD_MEMBERSHIP, request(group, "127.0.0.1", 0), sizeof(struct ip_mreq));
}

static void copies(void)
{
    unsigned short port = 0;
    int joined = receiver("0.0.0.0", &port), open = receiver("0.0.0.0", &port);
    int picky = receiver("0.0.0.0", &port), named = receiver(group, &port);
    int apart = receiver("127.0.0.1", &port), zero = 0, sender = socket(AF_INET, SOCK_DGRAM, 0);
    struct ip_mreqn lo = request(group, "127.0.0.1", LO);
    expect(!setsockopt(picky, IPPROTO_IP, IP_MULTICAST_ALL, &zero, sizeof zero), "ALL");
    expect(!setsockopt(sender, IPPROTO_IP, IP_MULTICAST_IF, &lo, sizeof lo), "IF");
    expect(!setsockopt(sender, IPPROTO_IP, IP_MULTICAST_LOOP, &zero, sizeof zero), "LOOP");
    send_to_group(sender, port, "nobody joined");
    got("a socket", open);
    memberships(joined);
    send_to_group(sender, port, "one joined");
    got("the one that joined", joined);
    got("one that takes all", open);
    got("one that takes what it joined", picky);
    got("one bound to the group", named);
    got("one bound to an address", apart);
    member(picky, "it joins", IP_ADD_MEMBERSHIP, lo, sizeof lo);
    member(joined, "the first leaves", IP_DROP_MEMBERSHIP, lo, sizeof lo);
    send_to_group(apart, port, "bound to lo");
    got("the one that joined", picky);
    got("the one that left", joined);
    close(picky);
    got("one that takes all", open);
    send_to_group(sender, port, "all have left");
    got("one that takes all", open);
}

static void version6(void)
{
    int fd = socket(AF_INET6, SOCK_DGRAM, 0), index = LO, absent = ABSENT, now;
    int stream = socket(AF_INET6, SOCK_STREAM, 0);
    socklen_t size = sizeof now;
    struct ipv6_mreq all = {.ipv6mr_interface = LO};
    step_result("6: lo", setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof index));
    step_result("6: no such interface",
                setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &absent, sizeof absent));
    step_result("6: short", setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, 3));
    step_result("6: a stream",
                setsockopt(stream, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof index));
    expect(!getsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &now, &size), "IPV6_MULTICAST_IF");
    step("6: now", "%d", now);
    step_result("6: no group", setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &all, sizeof all));
    inet_pton(AF_INET6, "ff02::4711", &all.ipv6mr_multiaddr);
    step_result("6: not joined", setsockopt(fd, IPPROTO_IPV6, IPV6_LEAVE_GROUP, &all, sizeof all));
    step_result("6: join", setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &all, sizeof all));
    step_result("6: join again", setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &all, sizeof all));
    step_result("6: leave", setsockopt(fd, IPPROTO_IPV6, IPV6_LEAVE_GROUP, &all, sizeof all));
    all.ipv6mr_interface = ABSENT;
    step_result("6: nowhere", setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &all, sizeof all));
    step_result("6: too short", setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &all, 16));
}

int main(void)
{
    choices();
    copies();
    version6();
    contract_pass();
}
