/* Contract: /proc/net/unix, tcp, tcp6 and udp list sockets with their names, states and inodes:
 * bound and listening ones, both ends of a connection, and what waits to be read or accepted.
 * Source: proc_pid_net(5); net/ipv4/tcp_ipv4.c, net/ipv4/udp.c, net/unix/af_unix.c. */
#include "../contract.h"
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static unsigned long inode_of(int fd)
{
    struct stat status;
    expect(fstat(fd, &status) == 0, "fstat");
    return status.st_ino;
}

static void inet(const char *path, const char *name, int fd)
{
    char line[512], local[64], remote[64];
    unsigned state, sent, waiting, uid, timeout;
    unsigned long inode, wanted = inode_of(fd);
    FILE *list = fopen(path, "r");
    expect(list && fgets(line, sizeof line, list), "open");
    while (fgets(line, sizeof line, list))
        if (sscanf(line, " %*d: %63s %63s %x %x:%x %*x:%*x %*x %u %u %lu", local, remote, &state,
                   &sent, &waiting, &uid, &timeout, &inode) == 8 && inode == wanted) {
            int listens = strcmp(strchr(remote, ':'), ":0000") == 0;
            *strchr(local, ':') = 0;
            *strchr(remote, ':') = 0;
            step(name, "%s to %s%s, state %02X, waiting %u, uid %u", local, remote,
                 listens ? " port 0" : "", state, waiting, uid);
            fclose(list);
            return;
        }
    fclose(list);
    step(name, "not listed");
}

static void local(const char *name, int fd)
{
    char line[512], path[128];
    unsigned refs, protocol, flags, type, state;
    unsigned long inode, wanted = inode_of(fd);
    FILE *list = fopen("/proc/net/unix", "r");
    expect(list && fgets(line, sizeof line, list), "open");
    while (fgets(line, sizeof line, list)) {
        *path = 0;
        if (sscanf(line, "%*x: %x %x %x %x %x %lu %127s", &refs, &protocol, &flags, &type, &state,
                   &inode, path) >= 6 && inode == wanted) {
            char *tag = strrchr(path, '-');
            if (tag)
                *tag = 0;
            step(name, "%08X %08X %04X %02X '%s'", protocol, flags, type, state, path);
        }
    }
    fclose(list);
}

int main(void)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t size = sizeof four;
    int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    inet("/proc/net/tcp", "not bound", server);
    expect(bind(server, (void *)&four, size) == 0 && listen(server, 5) == 0, "listen");
    expect(getsockname(server, (void *)&four, &size) == 0, "getsockname");
    inet("/proc/net/tcp", "listening", server);
    expect(connect(client, (void *)&four, size) == 0, "connect");
    inet("/proc/net/tcp", "one to accept", server);
    int accepted = accept(server, NULL, NULL);
    expect(send(client, "12345", 5, 0) == 5, "send");
    inet("/proc/net/tcp", "client", client);
    inet("/proc/net/tcp", "accepted", accepted);
    int server6 = socket(AF_INET6, SOCK_STREAM, 0), any6 = socket(AF_INET6, SOCK_STREAM, 0);
    size = sizeof six;
    expect(bind(server6, (void *)&six, size) == 0 && listen(server6, 5) == 0, "listen");
    inet("/proc/net/tcp6", "listening", server6);
    expect(listen(any6, 5) == 0, "listen");
    inet("/proc/net/tcp6", "listening", any6);
    int udp = socket(AF_INET, SOCK_DGRAM, 0), udp6 = socket(AF_INET6, SOCK_DGRAM, 0);
    four.sin_port = 0;
    expect(bind(udp, (void *)&four, sizeof four) == 0 && bind(udp6, (void *)&six, size) == 0, "bind");
    inet("/proc/net/udp", "udp", udp);
    inet("/proc/net/udp6", "udp6", udp6);

    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "listener"};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), one = socket(AF_UNIX, SOCK_STREAM, 0), pair[2];
    local("fresh", listener);
    expect(bind(listener, (void *)&name, sizeof name) == 0 && listen(listener, 5) == 0, "listen");
    local("listening", listener);
    expect(connect(one, (void *)&name, sizeof name) == 0, "connect");
    local("connected", one);
    local("accepted", accept(listener, NULL, NULL));
    expect(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0, "socketpair");
    local("a pair", pair[0]);
    int length = sprintf(name.sun_path + 1, "kevlar-%08d", (int)getpid());
    int hidden = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    expect(bind(hidden, (void *)&name, sizeof(sa_family_t) + 1 + length) == 0, "bind");
    local("abstract", hidden);
    contract_pass();
}
