/* Contract: /proc/self/fdinfo of an epoll lists its registrations: number, events with those that
 * are always asked for, data, and the file's position, inode and device; of a one-shot that has
 * fired only its options. fs/eventpoll.c:ep_show_fdinfo(). */
#include "contract.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

static void show(const char *what, int epoll, int fd)
{
    char path[64], line[256];
    struct stat about;
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", epoll);
    FILE *info = fopen(path, "r");
    expect(fstat(fd, &about) == 0, "fstat");
    while (fgets(line, sizeof line, info)) {
        int number, position;
        unsigned events, device;
        unsigned long long data;
        unsigned long ino;
        if (sscanf(line, "tfd: %d events: %x data: %llx pos:%d ino:%lx sdev:%x", &number, &events,
                   &data, &position, &ino, &device) != 6)
            continue;
        step(what, "%d %x %llx pos %d ino %d", number, events, data, position, ino == about.st_ino);
    }
    fclose(info);
}

int main(void)
{
    int epoll = epoll_create1(0), event = dup2(eventfd(1, 0), 20);
    struct epoll_event one = {.events = EPOLLIN | EPOLLONESHOT, .data.u64 = 0xfedcba9876543210};
    show("empty", epoll, event);
    expect(epoll_ctl(epoll, EPOLL_CTL_ADD, event, &one) == 0, "epoll_ctl");
    show("one-shot", epoll, event);
    expect(epoll_wait(epoll, &one, 1, 0) == 1, "epoll_wait");
    show("fired", epoll, event);
    one = (struct epoll_event){.events = EPOLLOUT | EPOLLET, .data.u64 = 7};
    expect(epoll_ctl(epoll, EPOLL_CTL_MOD, event, &one) == 0, "epoll_ctl");
    show("changed", epoll, event);
    contract_pass();
}
