/* TCP and UDP over the loopback: events, ports, and what of the wire is told. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static struct sockaddr_in name;

static int bound(int type, int port, int reuse, unsigned address)
{
    int fd = socket(AF_INET, type, 0);
    socklen_t size = sizeof name;
    name = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = port};
    name.sin_addr.s_addr = htonl(address);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
    int got = bind(fd, (void *)&name, sizeof name);
    if (got == 0)
        getsockname(fd, (void *)&name, &size);
    return got ? -1 : fd;
}

static int events(int fd, int milliseconds)
{
    struct pollfd one = {fd, POLLIN | POLLRDHUP, 0};
    poll(&one, 1, milliseconds);
    return one.revents;
}

int main(void)
{
    char text[256];
    struct pollfd fresh = {socket(AF_INET, SOCK_STREAM, 0), POLLOUT, 0};
    poll(&fresh, 1, 0);
    printf("events of a new socket: %#x\n", fresh.revents);
    int server = bound(SOCK_STREAM, 0, 1, INADDR_LOOPBACK), client = socket(AF_INET, SOCK_STREAM, 0);
    listen(server, 5);
    connect(client, (void *)&name, sizeof name);
    int accepted = accept(server, NULL, NULL);
    shutdown(client, SHUT_WR);
    printf("events after the peer's SHUT_WR: %#x\n", events(accepted, 1000));
    close(server);

    server = bound(SOCK_STREAM, 0, 1, INADDR_ANY);
    listen(server, 1);
    printf("SO_REUSEADDR beside a listener on every address: %s\n",
           bound(SOCK_STREAM, name.sin_port, 1, INADDR_LOOPBACK) < 0 ? strerrorname_np(errno) : "free");

    int refused = socket(AF_INET, SOCK_STREAM, 0);
    close(bound(SOCK_STREAM, 0, 0, INADDR_LOOPBACK));
    for (int i = 1; i < 3; i++)
        printf("attempt %d to connect to a port that is closed: %s\n", i,
               connect(refused, (void *)&name, sizeof name) ? strerrorname_np(errno) : "done");

    int udp = socket(AF_INET, SOCK_DGRAM, 0), one = 1;
    setsockopt(udp, IPPROTO_IP, IP_RECVERR, &one, sizeof one);
    close(bound(SOCK_DGRAM, 0, 0, INADDR_LOOPBACK));
    sendto(udp, "x", 1, 0, (void *)&name, sizeof name);
    printf("events after a datagram that nobody took, with IP_RECVERR: %#x\n", events(udp, 1000));

    char line[256];
    int lines = 0, fresh_udp = socket(AF_INET, SOCK_DGRAM, 0);
    FILE *list = fopen("/proc/net/udp", "r");
    struct stat status;
    fstat(fresh_udp, &status);
    snprintf(text, sizeof text, " %lu ", (unsigned long)status.st_ino);
    while (fgets(line, sizeof line, list))
        lines += strstr(line, text) != NULL;
    fclose(list);
    printf("a socket that is not bound is in /proc/net/udp: %d\n", lines);
    int lite = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE);
    printf("a socket of UDP-Lite: %s\n", lite < 0 ? strerrorname_np(errno) : "is there");
    int raw = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    unsigned char echo[16] = {0};
    echo[2] = echo[3] = 0xff;
    name.sin_port = 0;
    sendto(raw, echo, sizeof echo, 0, (void *)&name, sizeof name);
    poll(&(struct pollfd){raw, POLLIN, 0}, 1, 1000);
    long got = recv(raw, text, sizeof text, MSG_DONTWAIT);
    printf("%ld bytes of raw ICMP have in their header the flags: %#x\n", got, (unsigned char)text[6]);
}
