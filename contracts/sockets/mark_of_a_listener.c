/* Contract: a listening TCP socket is at no urgent mark, which SIOCATMARK tells as 0 rather than
 * by an error; FIONREAD on it is EINVAL.
 * Source: tcp(7), net/ipv4/tcp.c:tcp_ioctl. */
#include "../contract.h"
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#ifndef SIOCATMARK
#define SIOCATMARK 0x8905
#endif

int main(void)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0), value = 7;
    step_result("before listen", ioctl(listener, SIOCATMARK, &value));
    step("mark", "%d", value);
    expect(listen(listener, 1) == 0, "listen");
    value = 7;
    step_result("listening", ioctl(listener, SIOCATMARK, &value));
    step("mark", "%d", value);
    expect_errno(ioctl(listener, FIONREAD, &value), EINVAL, "FIONREAD");
    contract_pass();
}
