/* Contract: socket() says what is wrong in this order: unknown flag bits EINVAL, a family there
 * is not EAFNOSUPPORT, a type there is not EINVAL, a type the family lacks ESOCKTNOSUPPORT, a
 * protocol the type lacks EPROTONOSUPPORT. AF_UNIX looks at the protocol first, and knows
 * SOCK_RAW as another word for SOCK_DGRAM.
 * Source: socket(2); net/socket.c:__sock_create(), inet_create(), unix_create(). */
#include "../contract.h"
#include <netinet/in.h>
#include <sys/socket.h>

static void try(const char *name, int family, int type, int protocol)
{
    int fd = socket(family, type, protocol);
    step(name, "%s", fd < 0 ? errno_name(errno) : "made");
    if (fd >= 0)
        close(fd);
}

int main(void)
{
    try("family -1", -1, SOCK_STREAM, 0);
    try("AF_UNSPEC", AF_UNSPEC, SOCK_STREAM, 0);
    try("family 46", 46, SOCK_STREAM, 0);
    try("family 46, type 11", 46, 11, 0);
    try("family 46, unknown flag", 46, SOCK_STREAM | 0x100, 0);
    try("unix, unknown flag", AF_UNIX, SOCK_STREAM | 0x100, 0);
    try("unix, type -1", AF_UNIX, -1, 0);
    try("unix, type 11", AF_UNIX, 11, 0);
    try("unix, type 0", AF_UNIX, 0, 0);
    try("unix, SOCK_RDM", AF_UNIX, SOCK_RDM, 0);
    try("unix, SOCK_RDM, protocol 2", AF_UNIX, SOCK_RDM, 2);
    try("unix, protocol 1", AF_UNIX, SOCK_STREAM, 1);
    try("unix, protocol 2", AF_UNIX, SOCK_STREAM, 2);
    try("unix, protocol -1", AF_UNIX, SOCK_STREAM, -1);
    int families[] = {AF_INET, AF_INET6};
    for (int i = 0; i < 2; i++) {
        int family = families[i];
        step("family", "%s", i ? "AF_INET6" : "AF_INET");
        try("type 0", family, 0, 0);
        try("SOCK_RDM", family, SOCK_RDM, 0);
        try("SOCK_SEQPACKET, protocol 99", family, SOCK_SEQPACKET, 99);
        try("stream, IPPROTO_TCP", family, SOCK_STREAM, IPPROTO_TCP);
        try("stream, IPPROTO_UDP", family, SOCK_STREAM, IPPROTO_UDP);
        try("stream, IPPROTO_ICMP", family, SOCK_STREAM, IPPROTO_ICMP);
        try("stream, protocol -1", family, SOCK_STREAM, -1);
        try("stream, protocol 263", family, SOCK_STREAM, 263);
        try("stream, protocol 250", family, SOCK_STREAM, 250);
        try("datagram, IPPROTO_UDP", family, SOCK_DGRAM, IPPROTO_UDP);
        try("datagram, IPPROTO_TCP", family, SOCK_DGRAM, IPPROTO_TCP);
        try("raw, protocol 0", family, SOCK_RAW, 0);
        try("raw, protocol 263", family, SOCK_RAW, 263);
    }
    try("netlink, SOCK_STREAM", AF_NETLINK, SOCK_STREAM, 0);
    try("netlink, protocol 99", AF_NETLINK, SOCK_RAW, 99);
    try("netlink, NETLINK_ROUTE", AF_NETLINK, SOCK_RAW, 0);

    int fd = socket(AF_UNIX, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), type = 0;
    socklen_t size = sizeof type;
    expect(getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0, "getsockopt");
    step("type of a raw unix socket is SOCK_DGRAM", "%d", type == SOCK_DGRAM);
    step("close-on-exec", "%d", fcntl(fd, F_GETFD));
    step("non-blocking, read-write", "%d",
         (fcntl(fd, F_GETFL) & (O_NONBLOCK | O_ACCMODE)) == (O_NONBLOCK | O_RDWR));
    contract_pass();
}
