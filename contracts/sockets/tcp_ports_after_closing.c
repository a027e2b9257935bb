/* Contract: the end that closes first keeps its port for a while (TIME_WAIT): binding it again
 * is EADDRINUSE, with SO_REUSEADDR on the old and the new socket it is not. The port of a
 * connection that was accepted stays taken after the listener closes.
 * Source: tcp(7), ip(7); net/ipv4/tcp_minisocks.c. */
#include "../contract.h"
#include <netinet/in.h>
#include <sys/socket.h>

static struct sockaddr_in name;

static int listener(int reuse, in_port_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    name = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = port,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    expect(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse) == 0, "SO_REUSEADDR");
    if (bind(fd, (void *)&name, sizeof name) != 0 || listen(fd, 5) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    socklen_t size = sizeof name;
    expect(getsockname(fd, (void *)&name, &size) == 0, "getsockname");
    return fd;
}

static void again(const char *label, int reuse)
{
    int fd = listener(reuse, name.sin_port);
    step(label, "%s", fd < 0 ? errno_name(errno) : "bound");
    if (fd >= 0)
        close(fd);
}

/* The last acknowledgement of an orderly end may be on its way. */
static void again_soon(const char *label, in_port_t port)
{
    int fd, tries = 0;
    while ((fd = listener(0, port)) < 0 && errno == EADDRINUSE && tries++ < 5000)
        usleep(1000);
    step(label, "%s", fd < 0 ? errno_name(errno) : "bound");
    if (fd >= 0)
        close(fd);
}

static int join(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    expect(connect(fd, (void *)&name, sizeof name) == 0, "connect");
    return fd;
}

int main(void)
{
    char byte;
    for (int reuse = 0; reuse < 2; reuse++) {
        step("SO_REUSEADDR of the old socket", "%d", reuse);
        int server = listener(reuse, 0), client = join(), accepted = accept(server, NULL, NULL);
        close(server);
        again("connected: without", 0);
        again("connected: with", 1);
        close(accepted);
        expect(read(client, &byte, 1) == 0, "end");
        close(client);
        again("the server closed first: without", 0);
        again("the server closed first: with", 1);

        server = listener(reuse, 0), client = join(), accepted = accept(server, NULL, NULL);
        close(client);
        expect(read(accepted, &byte, 1) == 0, "end");
        close(accepted);
        close(server);
        again_soon("the client closed first: without", name.sin_port);

        server = listener(reuse, 0), client = join(), accepted = accept(server, NULL, NULL);
        struct linger hard = {1, 0};
        expect(setsockopt(accepted, SOL_SOCKET, SO_LINGER, &hard, sizeof hard) == 0, "SO_LINGER");
        close(accepted);
        expect_errno(read(client, &byte, 1), ECONNRESET, "reset");
        close(client);
        close(server);
        again_soon("a hard close: without", name.sin_port);
    }
    contract_pass();
}
