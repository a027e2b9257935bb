/* Contract: TCP over the loopback, IPv4 and IPv6: names at both ends agree, an ephemeral port is
 * chosen when none is bound, connecting to the unspecified address reaches the loopback, bytes
 * arrive in order and without boundaries, connect() returns before accept().
 * Source: tcp(7), ip(7), ipv6(7). */
#include "../contract.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

union address { struct sockaddr any; struct sockaddr_in v4; struct sockaddr_in6 v6; };

static const char *text_of(const union address *name)
{
    static char texts[4][64];
    static int next;
    char *text = texts[next++ & 3];
    if (name->any.sa_family == AF_INET)
        inet_ntop(AF_INET, &name->v4.sin_addr, text, 64);
    else
        inet_ntop(AF_INET6, &name->v6.sin6_addr, text, 64);
    return text;
}

static union address local(int fd, socklen_t *size)
{
    union address name;
    *size = sizeof name;
    expect(getsockname(fd, &name.any, size) == 0, "getsockname");
    return name;
}

static union address remote(int fd)
{
    union address name;
    socklen_t size = sizeof name;
    expect(getpeername(fd, &name.any, &size) == 0, "getpeername");
    return name;
}

int main(void)
{
    union address starts[4] = {
        {.v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}},
        {.v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)}},
        {.v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT}},
        {.v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT}},
    };
    for (int i = 0; i < 4; i++) {
        int family = starts[i].any.sa_family, waiting = -1;
        socklen_t size, length = family == AF_INET ? sizeof starts[i].v4 : sizeof starts[i].v6;
        int server = socket(family, SOCK_STREAM, 0), client = socket(family, SOCK_STREAM, 0);
        char text[16] = "";
        expect(bind(server, &starts[i].any, length) == 0 && listen(server, 5) == 0, "listen");
        union address name = local(server, &size), from;
        step("listening on", "%s, length %u, a port %d", text_of(&name), size, name.v4.sin_port != 0);
        union address before = local(client, &size);
        step("client before", "%s, port %d", text_of(&before), before.v4.sin_port);
        step_result("connect", connect(client, &name.any, length));
        union address mine = local(client, &size), peer = remote(client);
        step("client", "%s to %s", text_of(&mine), text_of(&peer));
        step("ports", "%d %d", mine.v4.sin_port != 0, peer.v4.sin_port == name.v4.sin_port);
        expect(send(client, "hel", 3, 0) == 3 && send(client, "lo", 2, 0) == 2, "send");
        size = sizeof from;
        int accepted = accept(server, &from.any, &size);
        step("accepted from", "%s, length %u, the port %d", text_of(&from), size,
             from.v4.sin_port == mine.v4.sin_port);
        union address here = local(accepted, &size);
        step("accepted at", "%s, the port %d", text_of(&here), here.v4.sin_port == name.v4.sin_port);
        step_result("MSG_WAITALL", recv(accepted, text, 5, MSG_WAITALL));
        step("text", "%s", text);
        expect(write(accepted, "back", 4) == 4, "write");
        size = 77;
        step_result("recvfrom", recvfrom(client, text, 2, 0, &from.any, &size));
        step("it tells no address", "%u", size);
        expect(ioctl(client, FIONREAD, &waiting) == 0, "FIONREAD");
        step("waiting", "%d", waiting);
        step_result("MSG_TRUNC throws away", recv(client, NULL, 10, MSG_TRUNC));
        close(client);
        step_result("end", read(accepted, text, 1));
        close(accepted);
        close(server);
    }
    contract_pass();
}
