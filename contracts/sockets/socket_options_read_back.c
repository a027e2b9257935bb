/* Contract: what SOL_SOCKET options read before and after they are set: buffers are doubled and
 * have a least size, SO_RCVLOWAT is at least 1, switches read 1, read-only options refuse to be
 * set (ENOPROTOOPT), short values are EINVAL, short buffers cut what is read.
 * Requires: Linux 6.16
 * Source: socket(7); net/core/sock.c:sk_setsockopt(), sk_getsockopt(). */
#include "../contract.h"
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

static int get(int fd, int option)
{
    int value = 0x55555555;
    socklen_t size = sizeof value;
    if (getsockopt(fd, SOL_SOCKET, option, &value, &size) != 0)
        return -errno;
    return size == 4 ? value : -1000 - (int)size;
}

static void set(const char *name, int fd, int option, int value)
{
    int result = setsockopt(fd, SOL_SOCKET, option, &value, sizeof value);
    if (result == 0)
        step(name, "%d is read as %d", value, get(fd, option));
    else
        step(name, "%d is %s", value, errno_name(errno));
}

int main(void)
{
    int families[] = {AF_UNIX, AF_INET, AF_INET, AF_INET6};
    int types[] = {SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM, SOCK_STREAM};
    for (int i = 0; i < 4; i++) {
        int fd = socket(families[i], types[i], 0);
        step("socket", "family %d, type %d, protocol %d", get(fd, SO_DOMAIN), get(fd, SO_TYPE),
             get(fd, SO_PROTOCOL));
        step("SO_ERROR, SO_ACCEPTCONN", "%d %d", get(fd, SO_ERROR), get(fd, SO_ACCEPTCONN));
        step("SO_RCVLOWAT, SO_SNDLOWAT", "%d %d", get(fd, SO_RCVLOWAT), get(fd, SO_SNDLOWAT));
        step("SO_PRIORITY, SO_MARK", "%d %d", get(fd, SO_PRIORITY), get(fd, SO_MARK));
        set("SO_REUSEADDR", fd, SO_REUSEADDR, 7);
        set("SO_REUSEADDR", fd, SO_REUSEADDR, 0);
        set("SO_REUSEPORT", fd, SO_REUSEPORT, 1);
        set("SO_KEEPALIVE", fd, SO_KEEPALIVE, -1);
        set("SO_BROADCAST", fd, SO_BROADCAST, 1);
        set("SO_OOBINLINE", fd, SO_OOBINLINE, 1);
        set("SO_DONTROUTE", fd, SO_DONTROUTE, 1);
        set("SO_TIMESTAMP", fd, SO_TIMESTAMP, 1);
        set("SO_PASSCRED", fd, SO_PASSCRED, 1);
        set("SO_SNDBUF", fd, SO_SNDBUF, 10000);
        set("SO_SNDBUF", fd, SO_SNDBUF, 1);
        set("SO_SNDBUF", fd, SO_SNDBUF, 2304);
        set("SO_SNDBUF", fd, SO_SNDBUF, 2305);
        set("SO_RCVBUF", fd, SO_RCVBUF, 10000);
        set("SO_RCVBUF", fd, SO_RCVBUF, 0);
        set("SO_RCVBUF", fd, SO_RCVBUF, 1152);
        set("SO_RCVBUF", fd, SO_RCVBUF, 1153);
        set("SO_RCVLOWAT", fd, SO_RCVLOWAT, 0);
        set("SO_RCVLOWAT", fd, SO_RCVLOWAT, 100);
        set("SO_RCVLOWAT", fd, SO_RCVLOWAT, -1);
        set("SO_SNDLOWAT", fd, SO_SNDLOWAT, 1);
        set("SO_TYPE", fd, SO_TYPE, 1);
        set("SO_ERROR", fd, SO_ERROR, 0);
        set("SO_ACCEPTCONN", fd, SO_ACCEPTCONN, 1);
        set("SO_PEERCRED", fd, SO_PEERCRED, 1);
        set("option 9999", fd, 9999, 1);
        step("option 9999 is read", "%s", errno_name(-get(fd, 9999)));
        close(fd);
    }
    int fd = socket(AF_INET, SOCK_STREAM, 0), value = 1;
    expect_errno(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, 3), EINVAL, "3 bytes");
    expect_errno(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, NULL, 4), EFAULT, "NULL");
    expect_errno(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, -1), EINVAL, "length -1");
    socklen_t size = 2;
    value = 0x77777777;
    expect(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &size) == 0, "getsockopt");
    step("two bytes of it", "%#x, length %u", value, size);
    size = 100;
    expect(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &size) == 0, "getsockopt");
    step("room for 100", "length %u", size);
    size = -1;
    expect_errno(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &size), EINVAL, "room -1");
    struct linger linger = {1, 5};
    expect(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0, "SO_LINGER");
    expect_errno(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, 4), EINVAL, "SO_LINGER, 4 bytes");
    memset(&linger, 0, sizeof linger);
    size = sizeof linger;
    expect(getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &size) == 0, "SO_LINGER");
    step("SO_LINGER", "%d %d, length %u", linger.l_onoff, linger.l_linger, size);
    expect_errno(setsockopt(socket(AF_UNIX, SOCK_STREAM, 0), IPPROTO_TCP, 1, &value, 4), EOPNOTSUPP,
                 "another level on a unix socket");
    expect_errno(setsockopt(fd, 99, 1, &value, 4), ENOPROTOOPT, "unknown level on tcp");
    expect_errno(setsockopt(0, SOL_SOCKET, SO_REUSEADDR, &value, 4), ENOTSOCK, "no socket");
    contract_pass();
}
