/* Contract: with IP_RECVERR an unconnected UDP socket hears of a refused datagram too; the next
 * call fails with it, and MSG_ERRQUEUE gives back the datagram, where it was going, and a
 * sock_extended_err with the ICMP type and code. An empty error queue is EAGAIN, never a wait.
 * Source: ip(7), ipv6(7), recv(2); net/ipv4/ip_sockglue.c:ip_recv_error(). */
#include "../contract.h"
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

/* As <linux/errqueue.h> has it. */
struct extended_error {
    unsigned error;
    unsigned char origin, type, code, pad;
    unsigned info, data;
};

int main(void)
{
    for (int i = 0; i < 2; i++) {
        struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
        struct sockaddr_in four = {.sin_family = AF_INET};
        four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        struct sockaddr *name = i ? (void *)&six : (void *)&four;
        socklen_t size = i ? sizeof six : sizeof four, length = size;
        int one = 1, holder = socket(name->sa_family, SOCK_DGRAM, 0);
        int fd = socket(name->sa_family, SOCK_DGRAM, 0);
        expect(bind(holder, name, size) == 0 && getsockname(holder, name, &size) == 0, "bind");
        close(holder);
        step("family", "%s", i ? "AF_INET6" : "AF_INET");
        expect(setsockopt(fd, i ? IPPROTO_IPV6 : IPPROTO_IP, i ? IPV6_RECVERR : IP_RECVERR, &one,
                          sizeof one) == 0, "RECVERR");
        char text[16] = "", control[256];
        struct sockaddr_in6 to;
        struct iovec piece = {text, sizeof text};
        struct msghdr message = {.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &piece,
                                 .msg_iovlen = 1, .msg_control = control,
                                 .msg_controllen = sizeof control};
        expect_errno(recvmsg(fd, &message, MSG_ERRQUEUE), EAGAIN, "nothing there");
        step_result("sendto", sendto(fd, "lost", 4, 0, name, length));
        struct pollfd watched = {fd, POLLIN, 0};
        expect(poll(&watched, 1, 0) == 1, "poll");
        step("events", "%#x", watched.revents);
        expect_errno(recv(fd, text, 1, MSG_DONTWAIT), ECONNREFUSED, "recv");
        expect_errno(recv(fd, text, 1, MSG_DONTWAIT), EAGAIN, "recv again");
        expect(poll(&watched, 1, 0) == 1, "poll");
        step("the queue is still there", "%#x", watched.revents);
        message.msg_controllen = sizeof control;
        message.msg_namelen = sizeof to;
        step_result("MSG_ERRQUEUE", recvmsg(fd, &message, MSG_ERRQUEUE));
        step("datagram", "'%s', flags %#x, to its port %d", text, message.msg_flags,
             to.sin6_port == four.sin_port || to.sin6_port == six.sin6_port);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        struct extended_error error;
        memcpy(&error, CMSG_DATA(header), sizeof error);
        step("control", "level %d, type %d, length %zu", header->cmsg_level, header->cmsg_type,
             (size_t)header->cmsg_len);
        step("error", "%s, origin %d, type %d, code %d", errno_name(error.error), error.origin,
             error.type, error.code);
        step_result("poll", poll(&watched, 1, 0));
        close(fd);
    }
    contract_pass();
}
