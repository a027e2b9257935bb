/* Contract: one epoll set takes a pipe, an eventfd, a timerfd, a signalfd, an inotify instance, a
 * socket and a child's pidfd together, tells each by its data and forgets those that were
 * served. epoll(7). */
#include "contract.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

static int epoll;
static const char *const names[] = {"pipe", "eventfd", "timerfd", "signalfd", "inotify", "socket",
                                    "pidfd"};

static void add(int fd, unsigned which)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.u32 = which};
    expect(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, names[which]);
}

static void show(const char *what)
{
    struct epoll_event events[8];
    char text[128] = "";
    int count = epoll_wait(epoll, events, 8, 0);
    for (int i = 0; i < count; i++)
        sprintf(text + strlen(text), " %s/%x", names[events[i].data.u32], events[i].events);
    step(what, "%d%s", count, text);
}

int main(void)
{
    int ends[2], pair[2], hold[2];
    char buffer[4096];
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    epoll = epoll_create1(0);
    expect(pipe(ends) == 0 && pipe(hold) == 0, "pipe");
    expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0, "socketpair");
    int event = eventfd(0, 0), timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    int signals = signalfd(-1, &set, 0), notes = inotify_init1(0);
    expect(inotify_add_watch(notes, ".", IN_CREATE) == 1, "inotify_add_watch");
    pid_t child = fork();
    if (child == 0) {
        close(hold[1]);
        _exit(read(hold[0], buffer, 1));
    }
    int process = syscall(SYS_pidfd_open, child, 0);
    add(ends[0], 0), add(event, 1), add(timer, 2), add(signals, 3), add(notes, 4);
    add(pair[0], 5), add(process, 6);
    show("nothing yet");
    kill(getpid(), SIGUSR1);
    close(open("new", O_CREAT | O_WRONLY, 0600));
    eventfd_write(event, 3);
    show("three");
    expect(write(pair[1], "x", 1) == 1 && write(ends[1], "y", 1) == 1, "write");
    show("five");
    expect(read(signals, buffer, 4096) == 128 && read(event, buffer, 8) == 8, "read");
    expect(read(notes, buffer, 4096) == 32 && read(pair[0], buffer, 1) == 1, "read");
    show("four are served");
    expect(shutdown(pair[1], SHUT_WR) == 0, "shutdown");
    expect(read(ends[0], buffer, 1) == 1, "read");
    show("half closed");
    close(pair[1]);
    show("closed");
    struct itimerspec soon = {.it_value.tv_nsec = 1};
    expect(timerfd_settime(timer, 0, &soon, NULL) == 0, "timerfd_settime");
    fcntl(timer, F_SETFL, 0);
    expect(read(timer, buffer, 8) == 8, "read of the timer");
    close(pair[0]);
    show("served");
    close(hold[1]);
    wait_for_state(child, 'Z');
    close(ends[1]);
    show("the child and the pipe end");
    contract_pass();
}
