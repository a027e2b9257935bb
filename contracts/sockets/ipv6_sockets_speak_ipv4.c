/* Contract: an IPv6 socket without IPV6_V6ONLY speaks IPv4 too, with mapped addresses; with it
 * IPv4 is refused. An IPv4 listener on the same port is preferred if it is more specific.
 * Source: ipv6(7); net/ipv6/tcp_ipv6.c, inet_csk_get_port(). */
#include "../contract.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static void show(const char *label, const struct sockaddr_in6 *name, in_port_t port)
{
    char text[64] = "";
    inet_ntop(AF_INET6, &name->sin6_addr, text, sizeof text);
    step(label, "%s, the port %d", text, name->sin6_port == port);
}

int main(void)
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6}, mapped = any, told;
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof any;
    char byte;
    int one = 1, server = socket(AF_INET6, SOCK_STREAM, 0);
    expect(bind(server, (void *)&any, size) == 0 && listen(server, 5) == 0, "listen");
    expect(getsockname(server, (void *)&any, &size) == 0, "getsockname");
    four.sin_port = mapped.sin6_port = any.sin6_port;
    inet_pton(AF_INET6, "::ffff:127.0.0.1", &mapped.sin6_addr);

    int client = socket(AF_INET, SOCK_STREAM, 0);
    step_result("IPv4 to an IPv6 listener", connect(client, (void *)&four, sizeof four));
    size = sizeof told;
    int accepted = accept(server, (void *)&told, &size);
    show("accepted from", &told, told.sin6_port);
    expect(getsockname(accepted, (void *)&told, &size) == 0, "getsockname");
    show("accepted at", &told, any.sin6_port);
    expect(write(accepted, "x", 1) == 1 && read(client, &byte, 1) == 1, "bytes");

    int mixed = socket(AF_INET6, SOCK_STREAM, 0);
    step_result("mapped address", connect(mixed, (void *)&mapped, sizeof mapped));
    expect(getsockname(mixed, (void *)&told, &size) == 0, "getsockname");
    show("its name", &told, told.sin6_port);
    expect(getpeername(mixed, (void *)&told, &size) == 0, "getpeername");
    show("its peer", &told, any.sin6_port);
    int only = socket(AF_INET6, SOCK_STREAM, 0);
    expect(setsockopt(only, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) == 0, "IPV6_V6ONLY");
    expect_errno(connect(only, (void *)&mapped, sizeof mapped), ENETUNREACH, "V6ONLY");
    close(server);

    server = socket(AF_INET6, SOCK_STREAM, 0);
    expect(setsockopt(server, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) == 0, "IPV6_V6ONLY");
    any.sin6_port = 0;
    size = sizeof any;
    expect(bind(server, (void *)&any, size) == 0 && listen(server, 5) == 0, "listen");
    expect(getsockname(server, (void *)&any, &size) == 0, "getsockname");
    four.sin_port = any.sin6_port;
    expect_errno(connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&four, sizeof four), ECONNREFUSED,
                 "IPv4 to an IPv6-only listener");
    int second = socket(AF_INET, SOCK_STREAM, 0);
    step_result("IPv4 on the same port", bind(second, (void *)&four, sizeof four));
    expect(listen(second, 5) == 0, "listen");
    client = socket(AF_INET, SOCK_STREAM, 0);
    step_result("connect", connect(client, (void *)&four, sizeof four));
    step("the IPv4 listener gets it", "%d", accept(second, NULL, NULL) >= 0);

    int udp = socket(AF_INET6, SOCK_DGRAM, 0), sender = socket(AF_INET, SOCK_DGRAM, 0);
    any.sin6_port = 0;
    expect(bind(udp, (void *)&any, sizeof any) == 0, "bind");
    expect(getsockname(udp, (void *)&any, &size) == 0, "getsockname");
    four.sin_port = any.sin6_port;
    step_result("udp, IPv4 to IPv6", sendto(sender, "four", 4, 0, (void *)&four, sizeof four));
    size = sizeof told;
    char text[8];
    step_result("recvfrom", recvfrom(udp, text, 8, 0, (void *)&told, &size));
    show("from", &told, told.sin6_port);
    step_result("and back", sendto(udp, "back", 4, 0, (void *)&told, size));
    step_result("received", recv(sender, text, 8, 0));
    contract_pass();
}
