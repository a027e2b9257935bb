/* Contract: cgroup.events says whether a living process is in a cgroup or below it, and changes
 * are told by POLLPRI, by epoll(7) and as IN_MODIFY of the file and of its directory's watchers.
 * cgroups(7); kernel/cgroup/cgroup.c:cgroup_file_notify().
 * Requires: root, cgroup2 */
#include "contract.h"
#include "cgroup.h"
#include <sys/epoll.h>
#include <sys/inotify.h>

static int notes;

static void step_note(const char *name)
{
    char buffer[4096] __attribute__((aligned(8)));
    long size = read(notes, buffer, sizeof buffer);
    expect(size > 0, "inotify");
    for (char *at = buffer; at < buffer + size;) {
        struct inotify_event *event = (void *)at;
        step(name, "watch %d, mask %x, name '%s'", event->wd, event->mask,
             event->len ? event->name : "");
        at += sizeof *event + event->len;
    }
}

static void step_epoll(const char *name, int epoll, int timeout)
{
    struct epoll_event event = {.events = 0};
    int found = epoll_wait(epoll, &event, 1, timeout);
    step(name, "%d %x", found, event.events);
}

static void step_poll(const char *name, int fd)
{
    struct pollfd changes = {.fd = fd, .events = POLLIN | POLLPRI | POLLOUT};
    int found = poll(&changes, 1, 0);
    step(name, "%d %x", found, changes.revents);
}

int main(void)
{
    char text[64];
    struct epoll_event event = {.events = EPOLLPRI | EPOLLET};
    cgroup_begin("a/b a");
    expect(mkdir("a", 0755) == 0 && mkdir("a/b", 0755) == 0, "mkdir");
    int fd = open("a/cgroup.events", O_RDONLY);
    step_poll("never read", fd);
    expect(read(fd, text, sizeof text) > 0, "read");
    step_poll("read", fd);
    step_read("a/cgroup.events");
    int epoll = epoll_create1(0);
    step_result("epoll_ctl", epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
    step_epoll("epoll", epoll, 0);
    notes = inotify_init1(0);
    expect(inotify_add_watch(notes, "a/cgroup.events", IN_MODIFY) == 1, "watch of the file");
    pid_t child = cgroup_sleeper("a/b/cgroup.procs");
    step_note("entered");
    step_epoll("epoll", epoll, -1);
    step_poll("entered", fd);
    step_read("a/cgroup.events");
    step_read("a/b/cgroup.events");
    expect(pread(fd, text, sizeof text, 0) > 0, "read");
    step_poll("read again", fd);
    pid_t other = cgroup_sleeper("a/b/cgroup.procs");
    step_poll("one more", fd);
    cgroup_reap(other);
    step_poll("one less", fd);
    kill(child, SIGKILL);
    step_note("killed");
    step_epoll("epoll", epoll, -1);
    expect(waitpid(child, NULL, 0) == child, "waitpid");
    step_read("a/cgroup.events");
    expect(inotify_rm_watch(notes, 1) == 0, "inotify_rm_watch");
    step_note("gone");
    step("watch", "%d", inotify_add_watch(notes, "a", IN_MODIFY));
    usleep(50000);  /* a file tells of changes at most every 10 ms */
    child = cgroup_sleeper("a/b/cgroup.procs");
    step_note("seen from the directory");
    cgroup_reap(child);
    contract_pass();
}
