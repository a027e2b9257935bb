/* Contract: who may bind a port that another socket has. The wildcard conflicts with every
 * address, different addresses do not conflict; SO_REUSEADDR on both lets them share unless one
 * listens; SO_REUSEPORT on both lets them listen together; an IPv6 wildcard conflicts with IPv4
 * unless IPV6_V6ONLY. Bad addresses are EADDRNOTAVAIL, EAFNOSUPPORT, EINVAL.
 * Source: ip(7), socket(7); inet_csk_get_port(), inet_bind_conflict(). */
#include "../contract.h"
#include <netinet/in.h>
#include <sys/socket.h>

static in_port_t port;

static int make(int family, const char *options)
{
    int fd = socket(family, SOCK_STREAM, 0), one = 1;
    if (strchr(options, 'a'))
        expect(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0, "REUSEADDR");
    if (strchr(options, 'p'))
        expect(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) == 0, "REUSEPORT");
    if (strchr(options, '6'))
        expect(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) == 0, "V6ONLY");
    return fd;
}

static long bind4(int fd, unsigned address)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = port,
                               .sin_addr.s_addr = htonl(address)};
    long result = bind(fd, (void *)&name, sizeof name);
    if (result == 0 && port == 0) {
        socklen_t size = sizeof name;
        expect(getsockname(fd, (void *)&name, &size) == 0, "getsockname");
        port = name.sin_port;
    }
    return result;
}

static long bind6(int fd, struct in6_addr address)
{
    struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = port, .sin6_addr = address};
    return bind(fd, (void *)&name, sizeof name);
}

/* One socket with `first` options, listening if there is an 'l', then another. */
static void pair(const char *first, unsigned address, const char *second, unsigned other)
{
    char name[80];
    port = 0;
    int one = make(AF_INET, first), two = make(AF_INET, second);
    expect(bind4(one, address) == 0, "bind");
    if (strchr(first, 'l'))
        expect(listen(one, 1) == 0, "listen");
    snprintf(name, sizeof name, "%s on %08x, then %s on %08x", first, address, second, other);
    step_result(name, bind4(two, other));
    close(one);
    close(two);
}

int main(void)
{
    unsigned here = INADDR_LOOPBACK, there = INADDR_LOOPBACK + 1, any = INADDR_ANY;
    pair("-", here, "-", here);
    pair("-", here, "-", there);
    pair("-", here, "-", any);
    pair("-", any, "-", here);
    pair("a", here, "-", here);
    pair("-", here, "a", here);
    pair("a", here, "a", here);
    pair("a", any, "a", here);
    pair("al", here, "a", here);
    pair("al", any, "a", here);
    pair("al", here, "a", there);
    pair("p", here, "-", here);
    pair("p", here, "p", here);
    pair("pl", here, "p", here);
    pair("pl", any, "p", here);
    pair("al", here, "p", here);
    pair("al", here, "ap", here);
    pair("apl", here, "ap", here);

    port = 0;
    int one = make(AF_INET, "a"), two = make(AF_INET, "a");
    expect(bind4(one, here) == 0 && bind4(two, here) == 0, "bind");
    step_result("two bound: the first listens", listen(one, 1));
    expect_errno(listen(two, 1), EADDRINUSE, "the second listens");
    close(one);
    step_result("the first is closed", listen(two, 1));
    close(two);

    port = 0;
    int wide = make(AF_INET, "-");
    expect(bind4(wide, any) == 0, "bind");
    expect_errno(bind6(make(AF_INET6, "-"), in6addr_any), EADDRINUSE, "[::] after 0.0.0.0");
    step_result("[::] with V6ONLY", bind6(one = make(AF_INET6, "6"), in6addr_any));
    close(one);
    step_result("[::1] after 0.0.0.0", bind6(one = make(AF_INET6, "-"), in6addr_loopback));
    close(wide);
    expect_errno(bind6(make(AF_INET6, "-"), in6addr_any), EADDRINUSE, "[::] after [::1]");
    step_result("127.0.0.1 after [::1]", bind4(make(AF_INET, "-"), here));

    one = make(AF_INET, "-");
    port = 0;
    expect_errno(bind4(one, 0x01020304), EADDRNOTAVAIL, "an address that is not here");
    step_result("another of the loopback's", bind4(one, 0x7f010203));
    expect_errno(bind4(one, 0x7f010203), EINVAL, "bound already");
    struct sockaddr_in name = {.sin_family = AF_UNSPEC, .sin_addr.s_addr = 0};
    step_result("AF_UNSPEC, unspecified", bind(make(AF_INET, "-"), (void *)&name, sizeof name));
    name.sin_addr.s_addr = htonl(here);
    expect_errno(bind(make(AF_INET, "-"), (void *)&name, sizeof name), EAFNOSUPPORT, "AF_UNSPEC");
    name.sin_family = AF_UNIX;
    expect_errno(bind(make(AF_INET, "-"), (void *)&name, sizeof name), EAFNOSUPPORT, "AF_UNIX");
    expect_errno(bind(make(AF_INET, "-"), (void *)&name, 15), EINVAL, "15 bytes");
    expect_errno(bind(make(AF_INET6, "-"), (void *)&name, 16), EINVAL, "16 bytes for IPv6");
    contract_pass();
}
