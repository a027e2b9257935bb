/* Options of sockets. */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static void say(const char *what, int value)
{
    dprintf(1, "%s: %s\n", what, value < 0 ? strerrorname_np(errno) : "0");
}

int main(void)
{
    int tcp = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0);
    struct in_addr lo = {htonl(INADDR_LOOPBACK)};
    int pair[2], one = 1;
    socklen_t size = sizeof one;
    gid_t groups[3] = {1, 2, 3};

    say("SO_REUSEADDR of length -1", setsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, &one, -1));
    say("setsockopt of IP_RECVTTL", setsockopt(tcp, IPPROTO_IP, IP_RECVTTL, &one, sizeof one));
    say("getsockopt of IP_RECVTTL", getsockopt(tcp, IPPROTO_IP, IP_RECVTTL, &one, &size));
    say("IP_MULTICAST_IF", setsockopt(udp, IPPROTO_IP, IP_MULTICAST_IF, &lo, sizeof lo));
    say("UDPLITE_SEND_CSCOV",
        getsockopt(socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE), IPPROTO_UDPLITE, 10, &one, &size));
    say("SO_MARK", setsockopt(tcp, SOL_SOCKET, SO_MARK, &one, sizeof one));
    setgroups(3, groups);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    size = 4;
    say("SO_PEERGROUPS into 4 bytes", getsockopt(pair[0], SOL_SOCKET, SO_PEERGROUPS, groups, &size));
    dprintf(1, "what they need: %u bytes\n", size);
    return 0;
}
