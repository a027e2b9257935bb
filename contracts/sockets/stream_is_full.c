/* Contract: a stream is full when its messages cost SO_SNDBUF, overhead included; SIOCOUTQ tells
 * what they cost, poll() says writable only while that is at most a quarter. Reading all of it
 * empties it; reading a part of one message gives nothing back.
 * Source: unix(7), unix_stream_sendmsg(), unix_writable(), unix_outq_len(). */
#include "../contract.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static char block[70000];

static int queued(int fd)
{
    int cost = -1;
    expect(ioctl(fd, TIOCOUTQ, &cost) == 0, "SIOCOUTQ");
    return cost;
}

static int events(int fd)
{
    struct pollfd watched = {fd, POLLIN | POLLOUT, 0};
    expect(poll(&watched, 1, 0) >= 0, "poll");
    return watched.revents;
}

int main(void)
{
    int pair[2], size = 20000, got;
    socklen_t length = sizeof size;
    expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0, "socketpair");
    expect(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size) == 0, "SO_SNDBUF");
    expect(getsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, &length) == 0, "SO_SNDBUF");
    step("SO_SNDBUF of 20000", "%d", size);
    int one = 0, last = 0;
    while (write(pair[0], block, 1) == 1) {
        one++;
        if (events(pair[0]) & POLLOUT)
            last = one;
    }
    step("one byte at a time until EAGAIN", "%s", errno_name(errno));
    step("full when the cost is the limit", "%d", queued(pair[0]) >= size);
    step("writable up to a quarter", "%d",
         last * (queued(pair[0]) / one) * 4 <= size && (last + 2) * (queued(pair[0]) / one) * 4 > size);
    step("events while full", "%#x", events(pair[0]));
    step_result("read half of the bytes", got = read(pair[1], block, one / 2));
    step("writable with half full", "%d", !!(events(pair[0]) & POLLOUT));
    step_result("write has room", write(pair[0], block, 1));
    while ((got = read(pair[1], block, sizeof block)) > 0)
        ;
    step("all read, cost", "%d, events %#x", queued(pair[0]), events(pair[0]));

    int total = 0;
    while ((got = write(pair[0], block, sizeof block)) > 0)
        total += got, step("a large write is cut", "%d", got);
    step("one byte more", "%s", errno_name(errno));
    int before = queued(pair[0]);
    expect(read(pair[1], block, 100) == 100, "read");
    step("reading a part gives nothing back", "%d", queued(pair[0]) == before);
    while ((got = read(pair[1], block, sizeof block)) > 0)
        total -= got;
    step("bytes lost", "%d", total - 100);
    contract_pass();
}
