/* Contract: what the options of TCP, IP and IPv6 read before and after they are set, their
 * ranges (EINVAL) and what is not there (ENOPROTOOPT); accepted sockets inherit from the listener.
 * Source: tcp(7), ip(7), ipv6(7); do_tcp_setsockopt(), do_ip_setsockopt(). */
#include "../contract.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

static int get(int fd, int level, int option)
{
    int value = 0;
    socklen_t size = sizeof value;
    return getsockopt(fd, level, option, &value, &size) == 0 ? value : -1000 - errno;
}

static void set(const char *name, int fd, int level, int option, int value)
{
    int result = setsockopt(fd, level, option, &value, sizeof value);
    if (result)
        step(name, "%d is %s", value, errno_name(errno));
    else
        step(name, "%d is read as %d", value, get(fd, level, option));
}

int main(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    step("TCP_NODELAY, TCP_CORK", "%d %d", get(fd, 6, TCP_NODELAY), get(fd, 6, TCP_CORK));
    set("TCP_NODELAY", fd, 6, TCP_NODELAY, 5);
    set("TCP_CORK", fd, 6, TCP_CORK, 1);
    set("TCP_CORK", fd, 6, TCP_CORK, 0);
    set("TCP_KEEPIDLE", fd, 6, TCP_KEEPIDLE, 100);
    set("TCP_KEEPIDLE", fd, 6, TCP_KEEPIDLE, 0);
    set("TCP_KEEPIDLE", fd, 6, TCP_KEEPIDLE, 32768);
    set("TCP_KEEPINTVL", fd, 6, TCP_KEEPINTVL, 32767);
    set("TCP_KEEPCNT", fd, 6, TCP_KEEPCNT, 127);
    set("TCP_KEEPCNT", fd, 6, TCP_KEEPCNT, 128);
    set("TCP_SYNCNT", fd, 6, TCP_SYNCNT, 3);
    set("TCP_USER_TIMEOUT", fd, 6, TCP_USER_TIMEOUT, 1234);
    set("TCP_USER_TIMEOUT", fd, 6, TCP_USER_TIMEOUT, -1);
    set("TCP_LINGER2", fd, 6, TCP_LINGER2, -1);
    set("TCP_LINGER2", fd, 6, TCP_LINGER2, 20);
    set("TCP_MAXSEG", fd, 6, TCP_MAXSEG, 1000);
    set("TCP_MAXSEG", fd, 6, TCP_MAXSEG, 87);
    set("TCP_DEFER_ACCEPT", fd, 6, TCP_DEFER_ACCEPT, 5);
    set("TCP_QUICKACK", fd, 6, TCP_QUICKACK, 0);
    set("option 99", fd, 6, 99, 1);
    set("IP_TTL", fd, IPPROTO_IP, IP_TTL, 5);
    set("IP_TTL", fd, IPPROTO_IP, IP_TTL, 0);
    set("IP_TTL", fd, IPPROTO_IP, IP_TTL, 256);
    set("IP_TTL", fd, IPPROTO_IP, IP_TTL, -1);
    set("IP_TOS", fd, IPPROTO_IP, IP_TOS, 0x13);
    set("IP_MTU_DISCOVER", fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
    set("IP_MTU_DISCOVER", fd, IPPROTO_IP, IP_MTU_DISCOVER, 9);
    set("IP_RECVTTL", fd, IPPROTO_IP, IP_RECVTTL, 1);
    set("IP option 251", fd, IPPROTO_IP, 251, 1);
    set("IPv6 on an IPv4 socket", fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    step("IP_MTU, not connected", "%s", errno_name(-1000 - get(fd, IPPROTO_IP, IP_MTU)));
    char byte = 1;
    step_result("IP_TOS of one byte", setsockopt(fd, IPPROTO_IP, IP_TOS, &byte, 1));
    step_result("TCP_NODELAY of one byte", setsockopt(fd, 6, TCP_NODELAY, &byte, 1));

    int six = socket(AF_INET6, SOCK_STREAM, 0);
    step("IPV6_V6ONLY", "%d", get(six, IPPROTO_IPV6, IPV6_V6ONLY));
    set("IPV6_V6ONLY", six, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    set("IPV6_UNICAST_HOPS", six, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9);
    set("IPV6_UNICAST_HOPS", six, IPPROTO_IPV6, IPV6_UNICAST_HOPS, -1);
    set("IPV6_UNICAST_HOPS", six, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 256);
    set("IPV6_TCLASS", six, IPPROTO_IPV6, IPV6_TCLASS, 0x20);
    struct sockaddr_in6 any = {.sin6_family = AF_INET6};
    expect(bind(six, (void *)&any, sizeof any) == 0, "bind");
    set("IPV6_V6ONLY when bound", six, IPPROTO_IPV6, IPV6_V6ONLY, 0);

    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof name;
    int one = 1, client = socket(AF_INET, SOCK_STREAM, 0);
    expect(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one) == 0, "SO_KEEPALIVE");
    expect(bind(fd, (void *)&name, size) == 0 && listen(fd, 5) == 0, "listen");
    expect(getsockname(fd, (void *)&name, &size) == 0, "getsockname");
    expect(connect(client, (void *)&name, size) == 0, "connect");
    int accepted = accept(fd, NULL, NULL);
    step("inherited", "%d %d %d %d", get(accepted, 6, TCP_NODELAY), get(accepted, 6, TCP_KEEPIDLE),
         get(accepted, SOL_SOCKET, SO_KEEPALIVE), get(accepted, 6, TCP_USER_TIMEOUT));
    step("listening", "%d %d", get(fd, SOL_SOCKET, SO_ACCEPTCONN),
         get(accepted, SOL_SOCKET, SO_ACCEPTCONN));
    struct tcp_info info;
    size = sizeof info;
    expect(getsockopt(accepted, 6, TCP_INFO, &info, &size) == 0, "TCP_INFO");
    step("established", "%d", info.tcpi_state == TCP_ESTABLISHED);
    size = sizeof info;
    expect(getsockopt(fd, 6, TCP_INFO, &info, &size) == 0, "TCP_INFO");
    step("listening", "%d", info.tcpi_state == TCP_LISTEN);
    char text[16] = "";
    size = sizeof text;
    expect(setsockopt(client, 6, TCP_CONGESTION, "reno", 4) == 0, "TCP_CONGESTION");
    expect(getsockopt(client, 6, TCP_CONGESTION, text, &size) == 0, "TCP_CONGESTION");
    step("TCP_CONGESTION", "%s, length %u", text, size);
    expect_errno(setsockopt(client, 6, TCP_CONGESTION, "nothing", 7), ENOENT, "unknown algorithm");
    contract_pass();
}
