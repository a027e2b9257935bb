/* Contract: accept4() sets O_NONBLOCK and close-on-exec of the new descriptor as asked; nothing
 * of these is inherited. Unknown flags are EINVAL, a socket that does not listen EINVAL, a type
 * without connections EOPNOTSUPP, and O_NONBLOCK of the listener is EAGAIN. The address is cut
 * to the room given, its whole length told.
 * Source: accept(2); net/socket.c:do_accept(). */
#include "../contract.h"
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "listener"};

static int connected(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    expect(connect(fd, (void *)&name, sizeof name) == 0, "connect");
    return fd;
}

int main(void)
{
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    expect(bind(server, (void *)&name, sizeof name) == 0 && listen(server, 10) == 0, "listen");
    expect_errno(accept(server, NULL, NULL), EAGAIN, "nobody there");
    expect_errno(syscall(SYS_accept4, server, NULL, NULL, 1), EINVAL, "unknown flag");
    int flags[] = {0, SOCK_NONBLOCK, SOCK_CLOEXEC, SOCK_NONBLOCK | SOCK_CLOEXEC};
    for (int i = 0; i < 4; i++) {
        connected();
        int fd = accept4(server, NULL, NULL, flags[i]);
        step("accepted", "close-on-exec %d, non-blocking %d", fcntl(fd, F_GETFD),
             !!(fcntl(fd, F_GETFL) & O_NONBLOCK));
    }
    int bound = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un mine = {.sun_family = AF_UNIX, .sun_path = "client"}, told;
    expect(bind(bound, (void *)&mine, sizeof mine) == 0, "bind");
    expect(connect(bound, (void *)&name, sizeof name) == 0, "connect");
    socklen_t size = 5;
    memset(&told, '?', sizeof told);
    expect(accept(server, (void *)&told, &size) >= 0, "accept");
    step("address cut", "'%.6s', length %u", told.sun_path, size);
    connected();
    size = -1;
    expect_errno(accept(server, (void *)&told, &size), EINVAL, "negative room");
    expect_errno(accept(server, NULL, NULL), EAGAIN, "the connection is lost");
    connected();
    size = sizeof told;
    expect_errno(accept(server, (void *)8, &size), EFAULT, "bad pointer");

    expect_errno(accept(socket(AF_UNIX, SOCK_STREAM, 0), NULL, NULL), EINVAL, "stream");
    expect_errno(accept(socket(AF_UNIX, SOCK_DGRAM, 0), NULL, NULL), EOPNOTSUPP, "datagram");
    expect_errno(accept(socket(AF_INET, SOCK_STREAM, 0), NULL, NULL), EINVAL, "tcp");
    expect_errno(accept(socket(AF_INET, SOCK_DGRAM, 0), NULL, NULL), EOPNOTSUPP, "udp");
    expect_errno(listen(socket(AF_UNIX, SOCK_DGRAM, 0), 1), EOPNOTSUPP, "listen, datagram");
    expect_errno(listen(socket(AF_INET, SOCK_DGRAM, 0), 1), EOPNOTSUPP, "listen, udp");
    expect_errno(listen(bound, 1), EINVAL, "listen, connected");
    expect_errno(accept(0, NULL, NULL), ENOTSOCK, "no socket");
    expect_errno(accept(999, NULL, NULL), EBADF, "no descriptor");

    connected();
    struct rlimit limit;
    expect(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = 3;
    expect(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
    expect_errno(accept(server, NULL, NULL), EMFILE, "no descriptor left");
    limit.rlim_cur = before;
    expect(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
    step("the connection is still there", "%d", accept(server, NULL, NULL) >= 0);
    contract_pass();
}
