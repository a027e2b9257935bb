/* Contract: what each call says of a socket that is not connected, is connected already, or
 * listens: ENOTCONN, EISCONN, EDESTADDRREQ, EOPNOTSUPP, EINVAL, EPIPE as the type has it.
 * Source: send(2), recv(2), connect(2); net/unix/af_unix.c, net/ipv4/af_inet.c. */
#include "../contract.h"
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

static void all(const char *type, int fd, const void *name, socklen_t length)
{
    char byte;
    socklen_t size = sizeof(struct sockaddr_storage);
    struct sockaddr_storage told;
    step("socket", "%s", type);
    step_result("send", send(fd, "x", 1, 0));
    step_result("write", write(fd, "x", 1));
    step_result("send, MSG_OOB", send(fd, "x", 1, MSG_OOB));
    step_result("recv", recv(fd, &byte, 1, MSG_DONTWAIT));
    step_result("recv, MSG_PEEK", recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT));
    step_result("getpeername", getpeername(fd, (void *)&told, &size));
    step_result("sendto", sendto(fd, "x", 1, 0, name, length));
    step_result("sendto, short address", sendto(fd, "x", 1, 0, name, 1));
    step_result("shutdown", shutdown(fd, SHUT_RD));
}

int main(void)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX, .sun_path = "x"};
    struct sockaddr_in port = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int types[] = {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM}, pair[2], fd;
    const char *names[] = {"unix stream", "unix seqpacket", "unix datagram"};
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < 3; i++)
        all(names[i], socket(AF_UNIX, types[i], 0), &path, sizeof path);
    all("tcp", socket(AF_INET, SOCK_STREAM, 0), &port, sizeof port);
    all("udp", socket(AF_INET, SOCK_DGRAM, 0), &port, sizeof port);

    for (int i = 0; i < 3; i++) {
        step("connected", "%s", names[i]);
        unlink("x");
        int server = socket(AF_UNIX, types[i], 0);
        expect(bind(server, (void *)&path, sizeof path) == 0, "bind");
        if (i < 2) {
            expect(listen(server, 4) == 0, "listen");
            fd = socket(AF_UNIX, types[i], 0);
            expect(connect(fd, (void *)&path, sizeof path) == 0, "connect");
            step_result("connect again", connect(fd, (void *)&path, sizeof path));
            step_result("connect the listener", connect(server, (void *)&path, sizeof path));
            step_result("send on the listener", send(server, "x", 1, 0));
            char byte;
            step_result("recv on the listener", recv(server, &byte, 1, 0));
            step_result("sendto", sendto(fd, "x", 1, 0, (void *)&path, sizeof path));
        } else {
            expect(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0, "socketpair");
            step_result("sendto from a pair", sendto(pair[0], "x", 1, 0, (void *)&path, sizeof path));
            step_result("connect one of a pair", connect(pair[0], (void *)&path, sizeof path));
            step_result("the other sends", send(pair[1], "x", 1, 0));
        }
        close(server);
    }
    int server = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t size = sizeof port;
    expect(bind(server, (void *)&port, size) == 0 && listen(server, 1) == 0, "listen");
    expect(getsockname(server, (void *)&port, &size) == 0, "getsockname");
    fd = socket(AF_INET, SOCK_STREAM, 0);
    expect(connect(fd, (void *)&port, size) == 0, "connect");
    step_result("tcp: connect again", connect(fd, (void *)&port, size));
    step_result("connect the listener", connect(server, (void *)&port, size));
    step_result("sendto ignores the address", sendto(fd, "x", 1, 0, (void *)&path, sizeof path));
    char byte;
    step_result("recv on the listener", recv(server, &byte, 1, 0));
    step_result("send on the listener", send(server, "x", 1, 0));
    step_result("bind what is connected", bind(fd, (void *)&port, size));
    contract_pass();
}
