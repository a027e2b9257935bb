/* Contract: socketpair() makes two connected AF_UNIX sockets without names, in the two lowest
 * descriptors; other families are EOPNOTSUPP. A bad address is EFAULT and leaves no descriptor.
 * Source: socketpair(2); net/socket.c:__sys_socketpair(). */
#include "../contract.h"
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(void)
{
    int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
    const char *names[] = {"stream", "datagram", "seqpacket"};
    for (int i = 0; i < 3; i++) {
        int pair[2], next = dup(0);
        close(next);
        expect(socketpair(AF_UNIX, types[i] | SOCK_CLOEXEC, 0, pair) == 0, "socketpair");
        step(names[i], "descriptors %d and %d from the lowest", pair[0] - next, pair[1] - next);
        step("close-on-exec", "%d %d", fcntl(pair[0], F_GETFD), fcntl(pair[1], F_GETFD));
        struct sockaddr_un name;
        socklen_t size = sizeof name;
        memset(&name, 'x', sizeof name);
        step_result("getsockname", getsockname(pair[0], (void *)&name, &size));
        step("length and family", "%u %d", size, name.sun_family);
        size = sizeof name;
        step_result("getpeername", getpeername(pair[0], (void *)&name, &size));
        step("length and family", "%u %d", size, name.sun_family);
        char byte = 0;
        expect(write(pair[1], "b", 1) == 1 && write(pair[0], "a", 1) == 1, "write");
        expect(read(pair[1], &byte, 1) == 1 && byte == 'a', "one way");
        expect(read(pair[0], &byte, 1) == 1 && byte == 'b', "other way");
        close(pair[0]);
        close(pair[1]);
    }
    int pair[2] = {-7, -7}, lowest = dup(0);
    expect_errno(socketpair(AF_INET, SOCK_STREAM, 0, pair), EOPNOTSUPP, "AF_INET");
    expect_errno(socketpair(AF_INET6, SOCK_DGRAM, 0, pair), EOPNOTSUPP, "AF_INET6");
    expect_errno(socketpair(AF_UNIX, SOCK_STREAM, 9, pair), EPROTONOSUPPORT, "protocol 9");
    expect_errno(socketpair(AF_UNIX, 99, 0, pair), EINVAL, "type 99");
    expect_errno(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, NULL), EFAULT, "NULL");
    close(lowest);
    step("nothing was left open", "%d", dup(0) == lowest);
    contract_pass();
}
