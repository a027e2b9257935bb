/* Contract: UDP-Lite is UDP with ports of its own and a choice of how much the checksum covers: what
 * is set is bounded below by 8 and above by 65535, and a receiver drops what covers less than it
 * asked for, or partly if it asked for all. UDP knows neither option.
 * Source: udplite(7); net/ipv4/udplite.c, net/ipv4/udp.c:udp_queue_rcv_one_skb(). */
#include "../contract.h"
#include <netinet/in.h>
#include <sys/socket.h>

enum { SEND_COVERAGE = 10, RECEIVE_COVERAGE = 11 };

static int made(int family, int protocol)
{
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK, protocol);
    expect(fd >= 0, "socket");
    return fd;
}

static void set(int fd, int option, int value)
{
    expect(setsockopt(fd, IPPROTO_UDPLITE, option, &value, sizeof value) == 0, "setsockopt");
}

static int coverage(int fd, int level, int option)
{
    int value = -1;
    socklen_t size = sizeof value;
    expect(getsockopt(fd, level, option, &value, &size) == 0 && size == 4, "getsockopt");
    return value;
}

/* Send 10 bytes with that much covered, to a receiver that asks for that much. */
static void passes(const char *name, int from, int sent, int to, int wanted)
{
    char data[16] = "";
    set(from, SEND_COVERAGE, sent);
    set(to, RECEIVE_COVERAGE, wanted);
    expect(send(from, "0123456789", 10, 0) == 10, "send");
    step_result(name, recv(to, data, sizeof data, 0));
}

static void both_ends(int family)
{
    struct sockaddr_in6 name = {.sin6_family = family, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t size = sizeof name;
    if (family == AF_INET) {
        ((struct sockaddr_in *)&name)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        size = sizeof(struct sockaddr_in);
    }
    int to = made(family, IPPROTO_UDPLITE), from = made(family, IPPROTO_UDPLITE);
    int udp = made(family, IPPROTO_UDP), value;
    char data[16];
    expect(bind(to, (void *)&name, size) == 0, "bind");
    expect(getsockname(to, (void *)&name, &size) == 0, "getsockname");
    step_result("UDP has ports of its own", bind(udp, (void *)&name, size));
    expect_errno(bind(from, (void *)&name, size), EADDRINUSE, "another of UDP-Lite");
    step_result("connect", connect(from, (void *)&name, size));
    step_result("sent", send(from, "lite", 4, 0));
    step_result("received", recv(to, data, sizeof data, 0));
    expect_errno(recv(udp, data, sizeof data, 0), EAGAIN, "UDP got nothing");

    step("at first", "%d %d", coverage(to, IPPROTO_UDPLITE, SEND_COVERAGE),
         coverage(to, IPPROTO_UDP, RECEIVE_COVERAGE));
    passes("all, of who asks for all", from, 0, to, 0);
    passes("8, of who asks for all", from, 8, to, 0);
    passes("8, of who asks for 8", from, 8, to, 8);
    passes("8, of who asks for 9", from, 8, to, 9);
    passes("17, of who asks for 17", from, 17, to, 17);
    passes("18 is all", from, 18, to, 20);
    passes("100 is all", from, 100, to, 0);
    set(to, RECEIVE_COVERAGE, 1);
    step("1 becomes", "%d", coverage(to, IPPROTO_UDP, RECEIVE_COVERAGE));
    set(to, SEND_COVERAGE, 100000);
    step("100000 becomes", "%d", coverage(to, IPPROTO_UDPLITE, SEND_COVERAGE));
    set(to, SEND_COVERAGE, -1);
    step("-1 becomes", "%d", coverage(to, IPPROTO_UDPLITE, SEND_COVERAGE));
    value = 1;
    step_result("a cork", setsockopt(from, IPPROTO_UDP, 1, &value, sizeof value));
    step("is set", "%d", coverage(from, IPPROTO_UDPLITE, 1));
    size = sizeof value;
    expect_errno(setsockopt(udp, IPPROTO_UDP, SEND_COVERAGE, &value, size), ENOPROTOOPT, "of UDP");
    step_result("but not to ask", getsockopt(udp, IPPROTO_UDPLITE, RECEIVE_COVERAGE, &value, &size));
    expect(getsockopt(to, SOL_SOCKET, SO_PROTOCOL, &value, &size) == 0, "SO_PROTOCOL");
    step("SO_PROTOCOL", "%d", value);
    close(to);
    close(from);
    close(udp);
}

int main(void)
{
    puts("IPv4");
    both_ends(AF_INET);
    puts("IPv6");
    both_ends(AF_INET6);
    expect_errno(socket(AF_INET, SOCK_STREAM, IPPROTO_UDPLITE), EPROTONOSUPPORT, "as a stream");
    int fd = made(AF_INET, IPPROTO_UDPLITE);
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof name;
    expect(bind(fd, (void *)&name, size) == 0, "bind");
    expect(getsockname(fd, (void *)&name, &size) == 0, "getsockname");
    char line[512], wanted[64];
    sprintf(wanted, ": 0100007F:%04X 00000000:0000 07 ", ntohs(name.sin_port));
    FILE *list = fopen("/proc/net/udplite", "r");
    int found = 0;
    while (fgets(line, sizeof line, list))
        found += strstr(line, wanted) != NULL;
    step("in /proc/net/udplite", "%d", found);
    contract_pass();
}
