/* Contract: an inotify descriptor is polled, waited for with epoll and read with waiting like
 * other files; another task's open wakes the reader. /proc names it and lists its watches. */
#include "inotify.h"
#include <poll.h>
#include <sys/epoll.h>

int main(void)
{
    char text[512], path[64];
    struct inotify_event event;
    put_file("file", "text");
    int fd = inotify_init1(0), epoll = epoll_create1(0);
    expect(fd >= 0, "inotify_init1");
    watch(fd, "file", IN_OPEN | IN_CLOSE | IN_EXCL_UNLINK);
    struct epoll_event ready = {.events = EPOLLIN};
    expect(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ready) == 0, "epoll_ctl");
    struct pollfd one = {.fd = fd, .events = POLLIN | POLLOUT | POLLRDNORM};
    step("poll", "%d", poll(&one, 1, 0));
    step("epoll", "%d", epoll_wait(epoll, &ready, 1, 0));
    close(open("file", O_RDONLY));
    int count = poll(&one, 1, 0);
    step("poll", "%d %x", count, one.revents);
    count = epoll_wait(epoll, &ready, 1, 0);
    step("epoll", "%d %x", count, ready.events);
    step_result("read", read(fd, &event, sizeof event));
    step_result("read", read(fd, &event, sizeof event));
    step("poll", "%d", poll(&one, 1, 0));

    pid_t reader = getpid(), child = fork();
    if (child == 0) {
        wait_for_state(reader, 'S');
        close(open("file", O_RDONLY));
        _exit(0);
    }
    step_result("waiting read", read(fd, &event, sizeof event));
    step("event", "%s", mask_text(event.mask));
    wait_for_success(child);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    long got = readlink(path, text, sizeof text);
    step("link", "%.*s", (int)got, text);
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    FILE *info = fopen(path, "r");
    while (fgets(text, sizeof text, info)) {
        unsigned wd, device, mask, ignored;
        unsigned long ino;
        struct stat about;
        if (sscanf(text, "inotify wd:%x ino:%lx sdev:%x mask:%x ignored_mask:%x ", &wd, &ino,
                   &device, &mask, &ignored) != 5)
            continue;
        expect(stat("file", &about) == 0, "stat");
        step("fdinfo", "wd %u, the file's inode %d, mask %x, ignored %x", wd,
             ino == about.st_ino, mask, ignored);
    }
    contract_pass();
}
