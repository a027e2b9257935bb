/* Contract: a raw ICMP socket sees every ICMP packet with its IP header, its own among them; the
 * kernel answers an echo request that is sound, and ICMP_FILTER keeps types away.
 * Requires: root
 * Source: raw(7), icmp(7), net/ipv4/raw.c, net/ipv4/icmp.c:icmp_echo. */
#include "../contract.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { ICMP_FILTER_OPTION = 1 };

static int sock;

static unsigned short sum(const unsigned char *data, int size)
{
    unsigned total = 0;
    for (int i = 0; i < size; i++)
        total += i % 2 ? data[i] : data[i] << 8;
    total = (total & 0xffff) + (total >> 16);
    total += total >> 16;
    return ~total & 0xffff;
}

/* What has arrived, until nothing more does: type, code and what of the header does not vary. */
static void drain(const char *name)
{
    unsigned char got[256];
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    long size;
    while ((size = recvfrom(sock, got, sizeof got, MSG_DONTWAIT, (void *)&from, &length)) >= 0) {
        char ip[32];
        step(name, "%ld bytes, header %02x ttl %d protocol %d flags %02x sums %d %d, "
             "type %d from %s port %d", size, got[0], got[8], got[9], got[6], sum(got, 20),
             sum(got + 20, size - 20), got[20], inet_ntop(AF_INET, &from.sin_addr, ip, sizeof ip),
             ntohs(from.sin_port));
    }
    step_result(name, size);
}

int main(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET}, own;
    socklen_t length = sizeof own;
    unsigned char echo[16] = {8, 0, 0, 0, 0x12, 0x34, 0, 1, 'a', 'b', 'c', 'd', 'e', 'f', 'g'};
    unsigned short check = htons(sum(echo, sizeof echo));
    int waiting, ttl = 7;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    expect((sock = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)) >= 0, "socket");
    expect(getsockname(sock, (void *)&own, &length) == 0, "getsockname");
    step("name", "port %d", ntohs(own.sin_port));
    expect_errno(send(sock, echo, sizeof echo, 0), EDESTADDRREQ, "to nobody");
    step_result("without a checksum", sendto(sock, echo, sizeof echo, 0, (void *)&to, sizeof to));
    drain("unanswered");
    memcpy(echo + 2, &check, 2);
    step_result("echo", sendto(sock, echo, sizeof echo, 0, (void *)&to, sizeof to));
    struct pollfd watched = {.fd = sock, .events = POLLIN | POLLOUT};
    expect(poll(&watched, 1, 0) == 1 && ioctl(sock, FIONREAD, &waiting) == 0, "poll");
    step("waiting", "%d, events %#x", waiting, watched.revents);
    drain("answered");

    unsigned filter = ~(1u << 0);
    expect(setsockopt(sock, SOL_RAW, ICMP_FILTER_OPTION, &filter, sizeof filter) == 0, "filter");
    expect(setsockopt(sock, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl) == 0, "ttl");
    step_result("connect", connect(sock, (void *)&to, sizeof to));
    expect_errno(getpeername(sock, (void *)&own, &length), ENOTCONN, "peer");
    step_result("echo", send(sock, echo, sizeof echo, 0));
    drain("filtered");
    expect_errno(send(sock, echo, 1, 0), EFAULT, "one byte");
    expect_errno(listen(sock, 1), EOPNOTSUPP, "listen");
    expect(close(sock) == 0, "close");

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    expect((sock = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)) >= 0, "socket");
    expect(bind(sock, (void *)&to, sizeof to) == 0, "bind");
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    step_result("echo", sendto(sock, echo, sizeof echo, 0, (void *)&to, sizeof to));
    drain("bound to the sender's");
    contract_pass();
}
