/* Contract: in O_DIRECT mode each write of up to a page is a packet that one read takes whole or
 * cuts; F_SETFL turns the mode on and off; longer writes are several packets.
 * pipe(2) O_DIRECT; fs/pipe.c. */
#include "../contract.h"
#include <sys/ioctl.h>

static char data[65536];
static int ends[2];

static void take(const char *name, long size)
{
    memset(data, 0, 8);
    long got = read(ends[0], data, size);
    step(name, "%ld %.8s", got, data);
}

int main(void)
{
    int waiting;
    expect(pipe2(ends, O_DIRECT | O_NONBLOCK) == 0, "pipe2");
    step("O_DIRECT", "%d %d", !!(fcntl(ends[0], F_GETFL) & O_DIRECT),
         !!(fcntl(ends[1], F_GETFL) & O_DIRECT));
    step_result("write", write(ends[1], "one", 3));
    step_result("write", write(ends[1], "two", 3));
    step_result("write", write(ends[1], "three", 5));
    expect(ioctl(ends[0], FIONREAD, &waiting) == 0, "FIONREAD");
    step("FIONREAD counts all", "%d", waiting);
    take("one packet", 8);
    take("one cut", 2);
    take("the rest of it is gone", 8);
    expect_errno(read(ends[0], data, 8), EAGAIN, "empty");
    step_result("write of nothing is no packet", write(ends[1], data, 0));
    expect_errno(read(ends[0], data, 8), EAGAIN, "still empty");
    step_result("10000 bytes", write(ends[1], data, 10000));
    step_result("first", read(ends[0], data, 65536));
    step_result("second", read(ends[0], data, 65536));
    step_result("third", read(ends[0], data, 65536));
    int packets = 0;
    while (write(ends[1], "x", 1) == 1)
        packets++;
    step("packets of one byte", "%d", packets);
    while (read(ends[0], data, 1) == 1)
        ;
    step_result("off", fcntl(ends[1], F_SETFL, O_NONBLOCK));
    step_result("write", write(ends[1], "four", 4));
    step_result("write", write(ends[1], "five", 4));
    step_result("on", fcntl(ends[1], F_SETFL, O_NONBLOCK | O_DIRECT));
    step_result("write", write(ends[1], "six", 3));
    take("a stream ends in a packet", 5);
    take("then the packet", 8);
    contract_pass();
}
