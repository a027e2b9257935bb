/* Contract: poll tells POLLHUP, POLLERR and POLLNVAL though nobody asked, ignores negative
 * descriptors, and reports what was asked of both ends of a pipe. poll(2); fs/select.c:do_pollfd(). */
#include "contract.h"
#include <poll.h>

static void show(const char *what, int fd, short events)
{
    struct pollfd one = {.fd = fd, .events = events, .revents = -1};
    int count = poll(&one, 1, 0);
    step(what, "%d %x", count, (unsigned short)one.revents);
}

int main(void)
{
    const short all = POLLIN | POLLPRI | POLLOUT | POLLRDNORM | POLLRDBAND | POLLWRNORM |
                      POLLWRBAND | POLLRDHUP;
    int ends[2];
    char page[4096] = "";
    expect(pipe(ends) == 0 && fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0, "pipe");
    show("empty pipe, read end", ends[0], all);
    show("empty pipe, write end", ends[1], all);
    show("not asked", ends[1], 0);
    while (write(ends[1], page, sizeof page) > 0)
        ;
    show("full pipe, read end", ends[0], all);
    show("full pipe, write end", ends[1], all);
    expect(read(ends[0], page, 1) == 1, "read");
    show("a byte less", ends[1], all);
    expect(read(ends[0], page, 4095) == 4095, "read");
    show("a page less", ends[1], all);
    close(ends[1]);
    show("no writer, data", ends[0], 0);
    show("no writer, data, asked", ends[0], POLLIN);
    while (read(ends[0], page, sizeof page) > 0)
        ;
    show("no writer, empty", ends[0], POLLIN);
    expect(pipe(ends) == 0, "pipe");
    close(ends[0]);
    show("no reader", ends[1], 0);
    show("no reader, asked", ends[1], POLLOUT);
    show("closed descriptor", ends[0], 0);
    show("closed descriptor, asked", ends[0], all);
    show("negative", -1, all);
    int null = open("/dev/null", O_RDWR), file = open("file", O_CREAT | O_WRONLY, 0600);
    show("/dev/null", null, all);
    show("a regular file", file, all);
    show("a directory", open(".", O_RDONLY), all);
    show("O_PATH", open(".", O_PATH), all);
    struct pollfd many[4] = {{.fd = -5, .revents = 7}, {.fd = null, .events = POLLIN},
                             {.fd = 999, .events = POLLIN}, {.fd = file, .events = POLLPRI}};
    int count = poll(many, 4, -1);
    step("several", "%d: %x %x %x %x", count, many[0].revents, many[1].revents, many[2].revents,
         many[3].revents);
    contract_pass();
}
